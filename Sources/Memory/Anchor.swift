/// Keeps whatever holds one in its place in memory.
///
/// A large structure without it is a value like any other to the compiler, which copies it whole
/// to the stack for every method that does not change it: kilobytes for one comparison.
@_rawLayout(size: 1, alignment: 1)
package struct Anchor: ~Copyable {
  package init() {}
}
