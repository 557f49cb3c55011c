/// Somebody new, from an address that nobody came from before. Whatever the others do, each of its packets
/// is answered within a bounded number of turns; and where the tables have what all who are there cannot
/// do without, it is let in, may subscribe, and gets what it publishes, whatever the others hold.
final class Newcomer: Peer {
  private enum Step {
    case connecting, subscribing, publishing, pinging
  }

  private let world: World
  private let longestWait: Int
  private let isSpared: Bool
  private let mayBeRefusedToPublish: Bool
  private let hasLogins: Bool
  private var chance: Chance
  private var number = 0
  private var wire: Wire?
  private var stream = PacketStream()
  private var step = Step.connecting
  private var isAnswered = false
  private var hasArrived = false
  private var circumstances = (jumps: 0, reloads: 0)
  private var isQuiet = false
  var address: UInt64 { UInt64(1000 + number) }
  let name = "newcomer"

  init(profile: Profile, hasLogins: Bool, world: World, seed: UInt64) {
    self.world = world
    self.hasLogins = hasLogins
    longestWait = TurnLimits(profile, hasRules: hasLogins).longestWait
    isSpared = profile.isBesieged
    mayBeRefusedToPublish = profile.policy.whenQueueIsFull == .reject
    chance = Chance(seed: seed)
  }

  /// Comes at some moment, and again from another address when it has gone.
  func act() {
    world.after(chance.within(100...15_000)) { [self] in
      guard !isQuiet else { return }
      arrive()
    }
  }

  func leave() {
    isQuiet = true
    finish()
  }

  private func arrive() {
    number += 1
    step = .connecting
    stream = PacketStream()
    circumstances = (world.jumps, world.reloads)
    let new = world.connect(self, seed: chance.next(), isSteady: true)
    wire = new
    var packet = Packet(.connect)
    packet.version = 5
    packet.clientIdentifier = "new\(number)"
    if hasLogins {
      packet.userName = Administrator.trusted
      packet.password = Regime.password(of: Administrator.trusted, 1)
    }
    send(packet)
    expectEnd(of: new, after: 90_000)
  }

  private func expectEnd(of visit: Wire, after milliseconds: UInt64) {
    world.after(Int(milliseconds)) { [self] in
      guard wire === visit else { return }
      // Who stands in the row before the server has accepted it has not begun to wait.
      let due = visit.acceptedAt + 90_000
      guard visit.place != nil && due <= world.now else {
        return expectEnd(of: visit, after: visit.place == nil ? 90_000 : due - world.now)
      }
      if isTimely { fail("it did not come to its end in 90 s") }
      finish()
    }
  }

  private func send(_ packet: Packet) { wire?.send(packet.encoded(version: 5)) }

  /// The server has accepted it.
  func adopted(at place: Int) {
    if !hasLogins { world.queue.watch(place) }
  }

  /// Whether it can be said what comes of it.
  private var isTimely: Bool {
    circumstances == (world.jumps, world.reloads) && !isQuiet
  }

  private func fail(_ what: String) { world.fail("newcomer \(number), \(step): \(what)") }

  private func finish() {
    wire?.abandon()
    wire = nil
    if !isQuiet { act() }
  }

  /// A turn has ended: has it waited too long for an answer?
  func check() {
    guard !hasLogins, let since = wire?.waitsSince, wire?.place != nil else { return }
    let waited = world.turns - since
    world.longestWait = max(world.longestWait, waited)
    if waited > longestWait { fail("it has waited for \(waited) turns") }
  }

  // MARK: What it hears

  func ended(_ ended: Wire) {
    guard ended === wire else { return }
    if isSpared && isTimely { fail("its connection was closed") }
    finish()
  }

  func receive(_ bytes: ArraySlice<UInt8>, on from: Wire) {
    guard from === wire else { return }
    stream.append(bytes)
    do throws(Malformed) {
      while from === wire, let bytes = try stream.next() {
        hear(try Packet(fromServer: bytes, version: 5))
      }
    } catch { fail("malformed packet: \(error.why)") }
  }

  private func hear(_ packet: Packet) {
    switch (packet.kind, step) {
    case (.connack, .connecting):
      guard isWelcome(packet.reason) else { return finish() }
      subscribe()
    case (.suback, .subscribing):
      guard isWelcome(packet.codes.first ?? 0x80) else { return finish() }
      publish()
    case (.puback, .publishing):
      isAnswered = true
      hasArrived = hasArrived || mayBeRefusedToPublish && packet.reason == 0x97
      if packet.reason != 0x97 || !mayBeRefusedToPublish { _ = isWelcome(packet.reason) }
      ping()
    case (.publish, _):
      guard packet.topic == topic else { return fail("it got \(packet.summary)") }
      hasArrived = true
      // It goes as soon as its ping is answered, which may have happened: nothing more is to be answered.
      guard step != .pinging else { return }
      var answer = Packet(.puback)
      answer.identifier = packet.identifier
      send(answer)
      ping()
    case (.pingresp, .pinging): bow()
    case (.disconnect, _):
      if isSpared && isTimely { fail("it is sent away with \(packet.reason)") }
      finish()
    default: fail("it got \(packet.summary)")
    }
  }

  /// Whether the server did what it was asked for; where it must, that is told.
  private func isWelcome(_ reason: UInt8) -> Bool {
    if reason < 0x80 { return true }
    if isSpared && isTimely { fail("it was refused with \(reason)") }
    return false
  }

  private var topic: String { "new/\(number)" }

  private func subscribe() {
    step = .subscribing
    var packet = Packet(.subscribe)
    packet.identifier = 1
    packet.requests = [Packet.Request(filter: topic, options: 1)]
    send(packet)
  }

  private func publish() {
    step = .publishing
    isAnswered = false
    hasArrived = false
    var packet = Packet(.publish)
    packet.qos = 1
    packet.identifier = 2
    packet.topic = topic
    packet.payload = [0, 1, 2]
    send(packet)
  }

  /// Goes on when its message is acknowledged and, where that is promised, has come back.
  private func ping() {
    guard step == .publishing && isAnswered && (hasArrived || !isSpared) else { return }
    step = .pinging
    send(Packet(.pingreq))
  }

  private func bow() {
    world.marks.reach(isSpared ? "newcomer under siege" : "newcomer")
    send(Packet(.disconnect))
    finish()
  }
}
