import Support
import Testing

@testable import Memory

private let quantum = 100

private func agenda(_ capacity: Int) -> Agenda {
  carved { region in
    Agenda("coming", goingOn: "going on", capacity: capacity, quantum: quantum, in: &region)
  }
}

@Suite struct AgendaTests {
  @Test("Each kind keeps its order, and nobody stands there twice", arguments: [1, 2, 10, 60])
  func order(capacity: Int) {
    var agenda = agenda(capacity)
    var (coming, going): ([Int], [Int]) = ([], [])
    var random = Random(seed: UInt64(capacity))
    for _ in 0..<5000 {
      let slot = random.below(capacity)
      switch random.below(7) {
      case 0, 1:
        let isNew = !coming.contains(slot) && !going.contains(slot)
        #expect(agenda.append(slot) == isNew)
        if isNew { coming.append(slot) }
      case 2:
        agenda.appendGoingOn(slot)
        coming.removeAll { $0 == slot }
        if !going.contains(slot) { going.append(slot) }
      case 3:
        agenda.remove(slot)
        coming.removeAll { $0 == slot }
        going.removeAll { $0 == slot }
      case 4:
        agenda.appendComing(slot)
        going.removeAll { $0 == slot }
        if !coming.contains(slot) { coming.append(slot) }
      default:
        let first = agenda.removeFirst()
        let goesOn = agenda.goesOn
        #expect(first == (goesOn ? going.first : coming.first))
        #expect(!goesOn || coming.isEmpty || !going.isEmpty)
        if goesOn { going = Array(going.dropFirst()) } else { coming = Array(coming.dropFirst()) }
        agenda.pay(random.below(3 * quantum))
      }
      let (count, hasOnlyGoing, contains) = (
        agenda.count, agenda.hasOnlyGoing, agenda.contains(slot)
      )
      #expect(
        count == coming.count + going.count && hasOnlyGoing == (coming.isEmpty && !going.isEmpty))
      #expect(contains == (coming.contains(slot) || going.contains(slot)))
    }
  }

  @Test("Who comes waits for one turn of those who go on, however many they are")
  func comingIsFirst() {
    var agenda = agenda(100)
    for slot in 1..<100 { agenda.appendGoingOn(slot) }
    for _ in 0..<1000 {
      agenda.append(0)
      #expect(agenda.removeFirst() == 0)
      agenda.pay(quantum / 2)
      let other = agenda.removeFirst()
      #expect(other != 0)
      agenda.pay(quantum)
      agenda.appendGoingOn(other ?? 0)
    }
  }

  @Test(
    "Neither kind has more than the other while both are there, but for two turns", arguments: 0..<8
  )
  func shares(seed: Int) {
    var agenda = agenda(20)
    var random = Random(seed: UInt64(seed))
    var (came, wentOn, least, most) = (0, 0, 0, 0)
    for slot in 10..<20 { agenda.appendGoingOn(slot) }
    for _ in 0..<5000 {
      for slot in 0..<10 { agenda.append(slot) }
      guard let slot = agenda.removeFirst() else { break }
      // Those who have just come are never done, and always there again.
      let cost = slot < 10 ? 1 + random.below(quantum) : quantum
      agenda.pay(cost)
      if slot < 10 { came += cost } else { wentOn += cost }
      if slot >= 10 { agenda.appendGoingOn(slot) }
      (least, most) = (min(least, came - wentOn), max(most, came - wentOn))
    }
    #expect(least >= -quantum && most <= 2 * quantum)
    #expect(came > 100 * quantum && wentOn > 100 * quantum)
  }
}
