/// What may still be done in a turn on behalf of somebody, in units of about one step of a walk.
///
/// Whoever walks over something that a peer can lengthen takes it as an argument, pays for each step
/// and stops when it is spent: the rest follows in a later turn. One unit is a node of a tree, a slot
/// or an entry of a list looked at: some tens of nanoseconds on a fast machine.
package struct Work: BitwiseCopyable {
  private let granted: Int
  /// Units that are left; below zero when the last step cost more than there was.
  package private(set) var left: Int

  /// A budget of so many units.
  package init(_ units: Int) {
    granted = units
    left = units
  }

  /// Whether nothing is left: whoever walks stops here.
  package var isSpent: Bool { left <= 0 }

  /// Units paid so far.
  package var paid: Int { granted - left }

  /// Pays for something that was done or is about to be.
  @inline(__always) package mutating func pay(_ units: Int = 1) { left -= units }

  /// A part of what is left for one of many; what it pays is to be settled.
  package func share(atMost units: Int) -> Work { Work(max(0, min(left, units))) }

  /// Takes off what was paid out of a part.
  package mutating func settle(_ share: Work) { left -= share.paid }
}
