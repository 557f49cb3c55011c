import Support
import Testing

@testable import Memory

private func queue(_ capacity: Int) -> SlotQueue {
  carved { region in SlotQueue("queue", capacity: capacity, in: &region) }
}

@Suite struct SlotQueueTests {
  @Test("It answers as an array without doubles does", arguments: [1, 2, 3, 10, 60], 0..<3)
  func model(capacity: Int, seed: Int) {
    var queue = queue(capacity)
    var model: [Int] = []
    var random = Random(seed: UInt64(seed))
    for step in 0..<3000 {
      let slot = random.below(capacity)
      // Seasons in which it fills and in which it empties.
      switch random.below(step / 500 % 2 == 0 ? 4 : 8) {
      case 0, 1, 2:
        queue.append(slot)
        if !model.contains(slot) { model.append(slot) }
      case 3, 4:
        queue.remove(slot)
        model.removeAll { $0 == slot }
      default:
        let first = queue.removeFirst()
        #expect(first == model.first)
        model = Array(model.dropFirst())
      }
      check(queue, model, capacity)
    }
  }

  private func check(_ queue: borrowing SlotQueue, _ model: [Int], _ capacity: Int) {
    let (front, count, isEmpty) = (queue.front, queue.count, queue.isEmpty)
    #expect(front == model.first && count == model.count && isEmpty == model.isEmpty)
    let members = (0..<capacity).filter { queue.contains($0) }
    #expect(members == model.sorted())
    var walked: [Int] = []
    var slot = front
    while let current = slot, walked.count <= model.count {
      walked.append(current)
      slot = queue.next(after: current)
    }
    #expect(walked == model)
  }

  @Test("One that stands there keeps its turn") func keepsTurn() {
    var queue = queue(3)
    for slot in [2, 0, 2, 1, 2] { queue.append(slot) }
    let order = (0..<4).map { _ in queue.removeFirst() }
    #expect(order == [2, 0, 1, nil])
  }

  @Test("Behind a slot that is not there nothing stands, and there are no others than its own")
  func mistakes() async {
    await #expect(processExitsWith: .failure) {
      var queue = carved { region in SlotQueue("queue", capacity: 2, in: &region) }
      queue.append(0)
      print(queue.next(after: 1) ?? 0)
    }
    await #expect(processExitsWith: .failure) {
      var queue = carved { region in SlotQueue("queue", capacity: 2, in: &region) }
      queue.append(2)
    }
  }
}
