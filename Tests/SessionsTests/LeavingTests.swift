import Memory
import Support
import Testing

@testable import Sessions

@Test func aSessionThatHasEndedIsFoundByNobody() {
  let world = World()
  let session = world.added("a")
  world.directory.retire(session)
  let isHeld = world.directory.contains(session)
  let isLive = world.directory.session(at: session.index) != nil
  let retired = world.directory.retired(at: session.index)?.raw
  let count = world.directory.count
  #expect(world.find("a") == nil && !isHeld && !isLive && retired == session.raw && count == 0)
  // Its Client may have another one, before the slot is given back.
  let other = world.added("a")
  #expect(world.find("a")?.raw == other.raw && other != session && world.used[0] == 2)
  world.directory.remove(session, texts: &world.texts)
  let left = world.directory.count
  #expect(world.find("a")?.raw == other.raw && left == 1 && world.used[0] == 1)
  world.remove(other)
  #expect(world.used == [0, 0, 0, 0, 0])
}

@Test(arguments: [1, 3, 4, 5, 100, 100_000])
func whatASessionHeldIsReleasedWithinTheWorkThereIs(units: Int) {
  let world = World(deliveries: 40, unreleased: 20)
  let (session, other) = (world.added("a"), world.added("b"))
  for _ in 0..<30 {
    #expect(world.enqueue(4, .exactlyOnce, for: session, identifiers: [0x0B, 1]))
  }
  #expect(world.enqueue(for: other))
  for _ in 0..<10 { _ = world.transmit(session) }
  for identifier in 1...20 as ClosedRange<UInt16> {
    let isHeld = world.directory.hold(identifier, 0, of: session)
    #expect(isHeld)
  }
  world.directory.retire(session)
  var (paid, isOver) = (0, false)
  while !isOver {
    let before = world.used[1] + world.used[2]
    var work = Work(units)
    isOver = world.removeContents(of: session, &work)
    paid += work.paid
    // A delivery is the largest step.
    #expect(work.paid < units + 4 && (isOver || work.isSpent))
    #expect(world.used[1] + world.used[2] < before)
  }
  #expect(paid == 30 * 4 + 20 * 2 && world.used == [2, 1, 0, 1, 2])
  let state = world.directory[session]
  #expect(state.blocks == 0 && state.textBlocks == 0 && state.deliveryCount == 0)
  var nothing = Work(0)
  #expect(world.removeContents(of: session, &nothing) && nothing.paid == 0)
  world.directory.remove(session, texts: &world.texts)
  world.remove(other)
  #expect(world.used == [0, 0, 0, 0, 0])
}

@Test func whatIsSentAgainCostsAsMuchAsWasSent() {
  let world = World()
  let session = world.added("a", quota: 7)
  for _ in 0..<50 { #expect(world.enqueue(4, .exactlyOnce, for: session)) }
  for _ in 0..<7 { _ = world.transmit(session) }
  #expect(world.prepareResend(to: session) == 2 * 7)
}

@Test func whatIsHeldForASessionIsWhatItsDeliveriesTake() {
  var random = Random(seed: 5)
  let world = World(deliveries: 40, texts: 200)
  let sessions = [world.added("a", quota: 3), world.added("b", quota: 3)]
  for _ in 0..<3000 {
    let session = sessions[random.below(2)]
    let oldest = world.directory[session].first
    switch random.below(6) {
    case 0, 1:
      let identifiers = [UInt8](repeating: 1, count: random.below(3) * 9)
      _ = world.enqueue(1 + random.below(60), .exactlyOnce, for: session, identifiers: identifiers)
    case 2: _ = world.transmit(session)
    case 3 where !oldest.isNull && world.directory[oldest].stage == .awaitsPubrec:
      world.receivePubrec(oldest, of: session)
    case 4 where !oldest.isNull: world.remove(oldest, of: session)
    case 5 where random.oneIn(5): world.prepareResend(to: session)
    default: break
    }
    for session in sessions { check(world, session) }
  }
}

private func check(_ world: World, _ session: Handle<Session>) {
  var (count, blocks, textBlocks) = (0, 0, 0)
  var handle = world.directory[session].first
  while !handle.isNull {
    let delivery = world.directory[handle]
    count += 1
    if !delivery.message.isNull { blocks += world.messages.blockCount(of: delivery.message) }
    textBlocks += world.texts.blockCount(of: delivery.identifiers)
    handle = delivery.next
  }
  let state = world.directory[session]
  #expect(Int(state.deliveryCount) == count && state.blocks == blocks)
  #expect(Int(state.textBlocks) == textBlocks)
}
