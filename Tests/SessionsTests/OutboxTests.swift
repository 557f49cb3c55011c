import MQTT
import Memory
import Messages
import Support
import Testing

@testable import Sessions

/// One session's outbox beside a list of what it should hold.
private struct Exchange: ~Copyable {
  struct Entry {
    var handle: Handle<Delivery>
    let qos: QoS
    let byteCount: Int
    /// When it came.
    let number: Int
    /// It may not be sent before those of QoS 1 and 2 that came before it.
    let isBound: Bool
    var stage = Delivery.Stage.unsent
    var identifier: UInt16 = 0
    var isSent = false
    var isDuplicate = false
  }

  let world = World(deliveries: 12)
  let session: Handle<Session>
  var entries: [Entry] = []
  var arrivals = 0
  var quota: Int
  var used: Int { entries.filter(\.isSent).count }
  var random: Random

  init(seed: Int, quota: Int) {
    session = world.added("a", quota: UInt16(quota))
    self.quota = quota
    random = Random(seed: UInt64(seed))
  }

  mutating func step() {
    switch random.below(12) {
    case 0...3: enqueue()
    case 4...7: transmit()
    case 8...10: acknowledge()
    default: if random.oneIn(6) { reconnect() } else { drop() }
    }
    check()
  }

  private mutating func enqueue() {
    guard let qos = QoS(rawValue: UInt8(random.below(3))) else { return }
    let byteCount = 1 + random.below(40)
    let identifiers: [UInt8] = random.oneIn(3) ? [0x0B, 9] : []
    let isBound = qos == .atMostOnce && random.oneIn(3)
    let isQueued = world.enqueue(
      byteCount, qos, for: session, identifiers: identifiers, isBound: isBound)
    #expect(isQueued == (entries.count < 12))
    guard isQueued else { return }
    let state = world.directory[session]
    let handle = qos == .atMostOnce ? state.lastQoS0 : state.last
    arrivals += 1
    entries.append(
      Entry(
        handle: handle, qos: qos, byteCount: byteCount, number: arrivals, isBound: isBound))
  }

  private mutating func transmit() {
    let handle = world.transmit(session)
    let next = next()
    // [MQTT-4.9.0-2] [MQTT-3.3.4-9]
    #expect(handle.isNull == (next == nil))
    guard !handle.isNull, let place = next else { return }
    #expect(handle == entries[place].handle)
    guard entries[place].qos != .atMostOnce else {
      entries.remove(at: place)
      return
    }
    let delivery = world.directory[handle]
    let identifier = delivery.packetIdentifier
    if entries[place].identifier == 0 {
      // [MQTT-2.2.1-3] [MQTT-2.2.1-4] [MQTT3-2.3.1-1] [MQTT3-2.3.1-4]
      #expect(identifier != 0 && !entries.contains { $0.identifier == identifier })
      entries[place].identifier = identifier
      entries[place].stage = entries[place].qos == .atLeastOnce ? .awaitsPuback : .awaitsPubrec
    }
    #expect(identifier == entries[place].identifier && delivery.stage == entries[place].stage)
    entries[place].isSent = true
  }

  /// Where the one is that is to be sent next: the older of the two kinds, unless that has to wait.
  private func next() -> Int? {
    let plain = entries.firstIndex { $0.qos == .atMostOnce }
    let promised = entries.firstIndex { !$0.isSent && $0.qos > .atMostOnce }
    guard let promised else { return plain }
    let isFree = entries[promised].stage == .awaitsPubcomp || used < quota
    guard let plain else { return isFree ? promised : nil }
    if entries[plain].number < entries[promised].number { return plain }
    if isFree { return promised }
    return entries[plain].isBound ? nil : plain
  }

  private mutating func acknowledge() {
    let sent = entries.indices.filter { entries[$0].identifier != 0 }
    guard let place = sent.randomElement(using: &random) else { return }
    let entry = entries[place]
    let found = world.directory.find(entry.identifier, of: session)
    #expect(found?.raw == entry.handle.raw)
    if entry.stage == .awaitsPubrec {
      world.receivePubrec(entry.handle, of: session)
      entries[place].stage = .awaitsPubcomp
    } else {
      world.remove(entry.handle, of: session)
      entries.remove(at: place)
      let gone = world.directory.find(entry.identifier, of: session)
      #expect(gone == nil)
    }
  }

  private mutating func drop() {
    let oldest = world.directory.oldestDroppable(of: session)
    let place = entries.firstIndex { !$0.isSent && $0.stage == .unsent }
    #expect(oldest.isNull == (place == nil))
    guard let place else { return }
    #expect(oldest == entries[place].handle)
    world.remove(oldest, of: session)
    entries.remove(at: place)
  }

  private mutating func reconnect() {
    world.prepareResend(to: session)
    for place in entries.indices {
      entries[place].isDuplicate = entries[place].stage != .unsent
      entries[place].isSent = false
    }
    // [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT3-4.4.0-1] [MQTT3-4.6.0-1]
    entries =
      entries.filter { $0.stage == .awaitsPubcomp } + entries.filter { $0.stage != .awaitsPubcomp }
  }

  private func check() {
    let state = world.directory[session]
    let unsent = entries.filter { !$0.isSent }
    let bytes = unsent.filter { $0.stage != .awaitsPubcomp }.map(\.byteCount).reduce(0, +)
    #expect(Int(state.unsent) == unsent.count && Int(state.unsentBytes) == bytes)
    #expect(Int(state.inFlight) == used)
    let order = order()
    let kinds = [entries.filter { $0.qos > .atMostOnce }, entries.filter { $0.qos == .atMostOnce }]
    #expect(order == kinds.flatMap { $0.map(\.handle.raw) })
    let duplicates = entries.map { world.directory[$0.handle].isDuplicate }
    #expect(duplicates == entries.map(\.isDuplicate))
    // After PUBREC the message is not needed. [MQTT-4.3.3-6]
    let held = entries.filter { $0.stage != .awaitsPubcomp }.count
    #expect(world.used[1] == entries.count && world.used[3] == held)
  }

  private func order() -> [UInt32] {
    var handles: [UInt32] = []
    for first in [world.directory[session].first, world.directory[session].firstQoS0] {
      var handle = first
      while !handle.isNull {
        handles.append(handle.raw)
        handle = world.directory[handle].next
      }
    }
    return handles
  }

  mutating func end() {
    world.remove(session)
    #expect(world.used == [0, 0, 0, 0, 0])
  }
}

@Test(arguments: [1, 2, 3, 20], 0..<6)
func anOutboxAnswersAsAListDoes(quota: Int, seed: Int) {
  var exchange = Exchange(seed: seed, quota: quota)
  for _ in 0..<1500 { exchange.step() }
  exchange.end()
}

@Test func identifiersGoRoundAndPassOverThoseInUse() {
  // [MQTT-2.2.1-3] [MQTT-2.2.1-4]
  let world = World()
  let session = world.added("a")
  var kept: [UInt16] = []
  var last: UInt16 = 0
  for step in 1...70_000 {
    let isQueued = world.enqueue(1, for: session)
    precondition(isQueued)
    let handle = world.transmit(session)
    let identifier = world.directory[handle].packetIdentifier
    #expect(identifier != 0 && !kept.contains(identifier))
    if step == 5 || step == 65_535 {
      kept.append(identifier)
    } else {
      world.remove(handle, of: session)
    }
    last = identifier
  }
  #expect(kept == [5, 65_535] && last == 4466)
}

@Test(arguments: [1, 2, 7, 49, 50, 51, 1000])
func aFreeIdentifierIsSoughtAsFarAsWorkGoes(units: Int) {
  // Who acknowledges nothing may hold all but one of them.
  let world = World(deliveries: 100)
  let session = world.added("a", quota: 100)
  func seek(_ units: Int) -> (isFree: Bool, paid: Int) {
    var work = Work(units)
    let isFree = world.directory.seekPacketIdentifier(of: session, &work)
    return (isFree, work.paid)
  }
  for _ in 0..<51 { #expect(world.enqueue(for: session)) }
  for _ in 0..<50 { #expect(seek(1) == (true, 0) && !world.transmit(session).isNull) }
  // Those that come next are in use: 50 of them, and before that the last one of all is free.
  world.directory[session].lastPacketIdentifier = UInt16.max - 1
  #expect(seek(1) == (true, 0))
  world.directory[session].lastPacketIdentifier = UInt16.max
  var (paid, turns, isFree) = (0, 0, false)
  while !isFree && turns < 100 {
    let sought = seek(units)
    #expect(sought.paid <= units && (sought.isFree || sought.paid == units))
    (paid, turns, isFree) = (paid + sought.paid, turns + 1, sought.isFree)
  }
  #expect(turns == (50 + units - 1) / units && paid == 50)
  #expect(world.directory[world.transmit(session)].packetIdentifier == 51)
}

@Test func whatNeedsNoIdentifierSeeksNone() {
  let world = World()
  let session = world.added("a")
  #expect(world.enqueue(4, .exactlyOnce, for: session))
  let first = world.transmit(session)
  world.receivePubrec(first, of: session)
  world.prepareResend(to: session)
  world.directory[session].lastPacketIdentifier = UInt16.max
  var nothing = Work(0)
  let isFree = world.directory.seekPacketIdentifier(of: session, &nothing)
  #expect(isFree && world.transmit(session) == first)
  #expect(world.enqueue(4, .atMostOnce, for: session))
  let isFreeStill = world.directory.seekPacketIdentifier(of: session, &nothing)
  #expect(isFreeStill && nothing.paid == 0)
}

@Test func twoSessionsMayUseTheSameIdentifier() {
  let world = World()
  let sessions = [world.added("a"), world.added("b")]
  for session in sessions {
    #expect(world.enqueue(for: session))
    #expect(!world.transmit(session).isNull)
  }
  let found = sessions.map { world.directory.find(1, of: $0)?.raw }
  #expect(found[0] != nil && found[1] != nil && found[0] != found[1])
}

@Test func releasesAreSentAgainBeforeAnythingElse() {
  let world = World()
  let session = world.added("a", quota: 3)
  for _ in 0..<4 { #expect(world.enqueue(4, .exactlyOnce, for: session)) }
  let sent = (0..<4).map { _ in world.transmit(session) }
  #expect(sent[3].isNull)
  world.receivePubrec(sent[1], of: session)
  world.receivePubrec(sent[2], of: session)
  world.prepareResend(to: session)
  let again = (0..<4).map { _ in world.transmit(session) }
  let stages = again.prefix(3).map { world.directory[$0].stage }
  #expect(again[0] == sent[1] && again[1] == sent[2] && again[2] == sent[0])
  #expect(stages == [.awaitsPubcomp, .awaitsPubcomp, .awaitsPubrec])
}

@Test func aReleaseSentAgainUsesUpTheQuotaUntilItIsAnswered() {
  // Else every reconnection would add a quota of Packet Identifiers in use, until none is free.
  let world = World()
  let session = world.added("a", quota: 1)
  for _ in 0..<2 { #expect(world.enqueue(4, .exactlyOnce, for: session)) }
  let first = world.transmit(session)
  world.receivePubrec(first, of: session)
  world.prepareResend(to: session)
  #expect(world.transmit(session) == first)
  #expect(world.transmit(session).isNull)
  world.remove(first, of: session)
  #expect(!world.transmit(session).isNull)
}

@Test func onlyWhatWasNeverSentExpires() {
  // [MQTT-3.3.2-5]
  let world = World()
  let session = world.added("a")
  for _ in 0..<2 { #expect(world.enqueue(for: session)) }
  let handles = [world.directory[session].first, world.directory[session].last]
  _ = world.transmit(session)
  let now = Instant(milliseconds: 1000)
  for handle in handles {
    world.messages.setExpiry(of: world.directory[handle].message, to: now)
  }
  let late = Instant(milliseconds: 1001)
  let tooEarly = world.directory.expired(at: handles[1].index, now: now, messages: world.messages)
  let sent = world.directory.expired(at: handles[0].index, now: late, messages: world.messages)
  let unsent = world.directory.expired(at: handles[1].index, now: late, messages: world.messages)
  #expect(tooEarly == nil && sent == nil && unsent?.raw == handles[1].raw)
}

@Test func aFullTableOfDeliveriesRefuses() {
  let world = World(deliveries: 1)
  let session = world.added("a")
  #expect(world.enqueue(for: session) && !world.enqueue(for: session, identifiers: [1, 2]))
  let refused = world.directory.deliveryOccupancy.refused
  #expect(refused == 1 && world.used == [1, 1, 0, 1, 1])
}
