/// What is to happen, ordered by time; what is due at the same time happens in the order it was set.
struct Agenda {
  private struct Entry {
    let time: UInt64
    let number: UInt64
    let action: () -> Void

    func isBefore(_ other: Entry) -> Bool {
      time != other.time ? time < other.time : number < other.number
    }
  }

  private var heap: [Entry] = []
  private var number: UInt64 = 0

  /// When the next action is due.
  var next: UInt64? { heap.first?.time }

  /// Sets an action.
  mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
    number += 1
    heap.append(Entry(time: time, number: number, action: action))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the next action out.
  mutating func removeFirst() -> () -> Void {
    let first = heap[0]
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    return first.action
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
