/// A client that breaks the rules of the protocol one by one, and knows what must come of each.
final class RuleBreaker: Peer {
  private let world: World
  private let rules: [Rule]
  private let isRoomy: Bool
  private let marks: Marks
  private var chance: Chance
  private var next: Int
  private var wire: Wire?
  private var rule: Rule?
  private var stream = PacketStream()
  private var sentAt: UInt64 = 0
  private var isTold = false
  private var number = 0
  private var jumps = 0
  private var reloads = 0
  var isQuiet = false

  init(profile: Profile, marks: Marks, world: World, seed: UInt64) {
    self.world = world
    self.marks = marks
    isRoomy = profile.isRoomy
    chance = Chance(seed: seed)
    rules = Rule.ofBroker(profile) + Rule.ofCodec
    next = chance.below(rules.count)
  }

  /// Takes the next rule, unless one is still being broken.
  func act() {
    guard !isQuiet else { return }
    world.after(chance.within(20...200)) { self.act() }
    guard wire == nil else { return }
    let rule = rules[next]
    next = (next + 1) % rules.count
    guard isRoomy || !rule.needsRoom else { return }
    begin(rule)
  }

  func leave() {
    isQuiet = true
    wire?.abandon()
    wire = nil
  }

  private func begin(_ rule: Rule) {
    self.rule = rule
    stream = PacketStream()
    isTold = false
    let new = world.connect(self, seed: chance.next(), isSteady: true)
    wire = new
    number += 1
    jumps = world.jumps
    reloads = world.reloads
    if var connect = rule.connect {
      // One that comes late must not take over the next.
      connect.clientIdentifier += "-\(number)"
      new.send(connect.encoded(version: rule.version))
      return expire(number, after: 60_000)
    }
    breakRule()
  }

  private func breakRule() {
    guard let rule else { return }
    world.trace.note(world.now, "rule \(rule.name)")
    sentAt = world.now
    if !rule.bytes.isEmpty { wire?.send(rule.bytes) }
    expire(number, after: rule.latest + 60_000)
  }

  /// Whatever happens, there is a next one.
  private func expire(_ number: Int, after milliseconds: Int) {
    world.after(milliseconds + latency) { [self] in
      guard number == self.number, wire != nil else { return }
      if let rule, isTimely, sentAt > 0 { fail("the server does not react to \(rule.name)") }
      finish()
    }
  }

  private func finish() {
    wire?.abandon()
    wire = nil
    rule = nil
    sentAt = 0
  }

  private func fail(_ what: String) { world.fail(what) }

  func receive(_ bytes: ArraySlice<UInt8>, on from: Wire) {
    guard from === wire, let rule else { return }
    stream.append(bytes)
    do throws(Malformed) {
      while from === wire, let bytes = try stream.next() {
        hear(try decoded(bytes, rule), rule)
      }
    } catch { fail("malformed packet after rule \(rule.name): \(error.why)") }
  }

  /// Who is not understood is answered in one version or the other.
  private func decoded(_ bytes: ArraySlice<UInt8>, _ rule: Rule) throws(Malformed) -> Packet {
    guard rule.connect == nil, let packet = try? Packet(fromServer: bytes, version: 4) else {
      return try Packet(fromServer: bytes, version: rule.connect == nil ? 5 : rule.version)
    }
    return packet
  }

  private func hear(_ packet: Packet, _ rule: Rule) {
    switch (packet.kind, rule.reaction) {
    case (.connack, .refusal(let code)):
      if packet.reason != code && packet.reason != 0x97 && packet.reason != 3 {
        fail("rule \(rule.name) was answered with CONNACK \(packet.reason)")
      }
      if packet.reason == code { reach(rule) }
    case (.connack, _) where rule.connect != nil:
      packet.reason == 0 ? breakRule() : finish()
    case (.disconnect, _) where packet.reason == 0x87 && reloads != world.reloads:
      // Who came in without a password may not stay when there are some.
      finish()
    case (.disconnect, .close(let reason)):
      isTold = true
      if packet.reason != reason && !(packet.reason == 0x97 && !isRoomy) {
        fail("rule \(rule.name) was answered with DISCONNECT \(packet.reason)")
      }
    case (let kind, .answer(let wanted, let code)) where kind == wanted:
      let given = kind == .suback ? packet.codes.first ?? 0 : packet.reason
      if given != code && !(given == 0x97 && !isRoomy) {
        fail("rule \(rule.name) was answered with \(kind) \(given)")
      }
      reach(rule)
      finish()
    default: break
    }
  }

  private func reach(_ rule: Rule) { marks.reach("rule \(rule.name)") }

  func ended(_ ended: Wire) {
    guard ended === wire, let rule else { return }
    guard !ended.isTurnedAway else { return finish() }
    let passed = Int(world.now) - Int(sentAt)
    if sentAt > 0, case .close(let reason) = rule.reaction {
      reach(rule)
      if isTimely && passed + latency < rule.earliest {
        fail("rule \(rule.name) ended the connection after \(passed) ms")
      }
      // A server that has no descriptor accepts it later.
      let since = Int(world.now) - Int(max(sentAt, ended.acceptedAt))
      if isTimely && since > rule.latest + latency {
        fail("rule \(rule.name) ended the connection only after \(passed) ms")
      }
      if isRoomy, reason != nil, rule.version == 5, !isTold {
        fail("rule \(rule.name) ended the connection without a word")
      }
    }
    finish()
  }

  /// Milliseconds that the network and slow turns may have added.
  /// Whether it can be said when the server reacts.
  private var isTimely: Bool { isRoomy && jumps == world.jumps && reloads == world.reloads }

  private var latency: Int { 2 * world.faults.latency + 2000 }
}
