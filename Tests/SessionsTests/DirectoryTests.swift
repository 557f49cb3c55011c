import Memory
import Support
import Testing

@testable import Sessions

@Test func sessionsAreFoundByTheirIdentifierAlone() {
  // [MQTT-3.1.3-2] [MQTT3-3.1.3-2]
  let world = World(sessions: 10, texts: 40)
  var random = Random(seed: 6)
  var model: [String: Handle<Session>] = [:]
  let names = (0..<20).map { "client \($0)" } + ["", "client", "client  1"]
  for _ in 0..<2000 {
    let name = names[random.below(names.count)]
    let found = world.find(name)
    #expect(found?.raw == model[name]?.raw)
    if let found {
      world.remove(found)
      model[name] = nil
    } else if let added = world.add(name) {
      model[name] = added
    } else {
      #expect(model.count == 10 || world.texts.occupancy.free < 2)
    }
    #expect(world.used[0] == model.count)
    for session in model.values {
      let isHeld = world.directory.contains(session)
      let atSlot = world.directory.session(at: session.index)
      #expect(isHeld && atSlot?.raw == session.raw)
    }
  }
  for session in model.values { world.remove(session) }
  #expect(world.used == [0, 0, 0, 0, 0])
}

@Test func aFullTableOfSessionsOrTextsLeavesNothingHalfMade() {
  let world = World(sessions: 1)
  #expect(world.add("a") != nil && world.add("b") == nil)
  #expect(world.used == [1, 0, 0, 0, 1] && world.find("b") == nil)
  let shortOfTexts = World(texts: 1)
  #expect(shortOfTexts.add("longer than a block") == nil)
  #expect(shortOfTexts.used == [0, 0, 0, 0, 0])
}

@Test func aSessionTakesAllItIsOwedWithIt() {
  let world = World()
  let (gone, stays) = (world.added("a"), world.added("b"))
  for session in [gone, stays] {
    for _ in 0..<3 {
      #expect(world.enqueue(4, .exactlyOnce, for: session, identifiers: [0x0B, 1]))
    }
    _ = world.transmit(session)
    for identifier in [7, 8, 9] as [UInt16] {
      let isHeld = world.directory.hold(identifier, 0, of: session)
      #expect(isHeld)
    }
  }
  world.remove(gone)
  #expect(world.used == [1, 3, 3, 3, 4])
  let isOthers = world.directory.isUnreleased(8, of: stays)
  #expect(isOthers)
  world.remove(stays)
  #expect(world.used == [0, 0, 0, 0, 0])
}

@Test func aSessionEndsSoManySecondsAfterItsConnection() {
  // [MQTT-3.1.2-25]
  let world = World()
  let session = world.added("a")
  world.directory[session].disconnectedAt = Instant(milliseconds: 500)
  let atOnce = world.directory[session].expiry
  world.directory[session].expiryInterval = 3
  let later = world.directory[session].expiry
  world.directory[session].expiryInterval = UInt32.max
  let never = world.directory[session].expiry
  #expect(atOnce.milliseconds == 500 && later.milliseconds == 3500 && never == .never)
}

@Test func identifiersOfUnreleasedMessagesAreASet() {
  // [MQTT-4.3.3-10] [MQTT-2.2.1-5]
  let world = World(unreleased: 12)
  let sessions = [world.added("a"), world.added("b")]
  var random = Random(seed: 2)
  var model: [Set<UInt16>] = [[], []]
  for _ in 0..<3000 {
    let one = random.below(2)
    let identifier = UInt16(1 + random.below(10))
    let isKnown = world.directory.isUnreleased(identifier, of: sessions[one])
    #expect(isKnown == model[one].contains(identifier))
    if isKnown || random.oneIn(2) {
      let isReleased = world.directory.release(identifier, of: sessions[one])
      #expect(isReleased == isKnown)
      model[one].remove(identifier)
    } else {
      let hasRoom = world.directory.hasRoomForUnreleased
      let isHeld = world.directory.hold(identifier, 0, of: sessions[one])
      #expect(isHeld == hasRoom && isHeld == (model[0].count + model[1].count < 12))
      if isHeld { model[one].insert(identifier) }
    }
    let counts = sessions.map { Int(world.directory[$0].unreleased) }
    #expect(counts == model.map(\.count))
  }
}
