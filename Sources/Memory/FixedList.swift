/// A list of at most so many elements, in the order they were appended.
@safe package struct FixedList<Element: BitwiseCopyable>: ~Copyable {
  private let elements: UnsafeMutablePointer<Element>
  package let capacity: Int
  package private(set) var count = 0

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    region.begin(name, count: capacity)
    unsafe elements = region.carve(capacity, of: Element.self)
    self.capacity = capacity
  }

  package var isFull: Bool { count == capacity }

  package subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(elements + index)
    }
    @inline(__always) unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe elements + index
    }
  }

  /// Returns `false`, and changes nothing, when the list is full.
  package mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    unsafe elements[count] = element
    count += 1
    return true
  }

  package mutating func removeAll() { count = 0 }

  /// Removes the last element; the list must not be empty.
  package mutating func removeLast() -> Element {
    precondition(count > 0)
    count -= 1
    return unsafe elements[count]
  }
}

/// One value for each slot of a pool that runs beside it, zero to begin with.
@safe package struct SlotTable<Element: BitwiseCopyable>: ~Copyable {
  private let elements: UnsafeMutablePointer<Element>
  package let count: Int

  package init(_ name: StaticString, count: Int, in region: inout Region) {
    region.begin(name, count: count)
    unsafe elements = region.carve(count, of: Element.self)
    self.count = count
  }

  package subscript(index: Int) -> Element {
    @inline(__always) unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(elements + index)
    }
    @inline(__always) unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe elements + index
    }
  }

  /// Lends the elements, in one row, to a function that wants their address.
  package mutating func withUnsafePointer<Result>(
    _ body: (UnsafeMutablePointer<Element>) -> Result
  ) -> Result {
    unsafe body(elements)
  }
}
