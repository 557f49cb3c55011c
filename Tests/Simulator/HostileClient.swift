/// A client that breaks the protocol in every way it can think of.
final class HostileClient: Peer {
  let name: String
  let version: UInt8
  private let world: World
  private let pause: Int
  /// It wants to have all there is, instead of breaking the protocol.
  private let besieges: Bool
  private let mostConnections: Int
  /// It takes messages from the groups of honest clients.
  private let joinsGroups: Bool
  var chance: Chance
  private var wire: Wire?
  private var isDeaf = false
  var isQuiet = false
  let address: UInt64 = 100

  init(
    number: Int, version: UInt8, pause: Int, world: World, joinsGroups: Bool, profile: Profile,
    seed: UInt64
  ) {
    besieges = profile.isBesieged
    mostConnections = profile.mostWithHostile
    self.joinsGroups = joinsGroups
    chance = Chance(seed: seed)
    name = "hostile-\(number)"
    self.version = version
    self.pause = pause
    self.world = world
  }

  func receive(_ bytes: ArraySlice<UInt8>, on from: Wire) {
    guard from === wire, !isDeaf, let first = bytes.first else { return }
    // Sometimes a right answer, so that exchanges get further.
    guard chance.oneIn(3), bytes.count >= 4 else { return }
    let kind = Packet.Kind(rawValue: first >> 4)
    if kind == .publish { send(make(chance.pick([.puback, .pubrec, .pubcomp]))) }
    if kind == .pubrec { send(make(.pubrel)) }
  }

  func ended(_ ended: Wire) {
    if ended === wire { wire = nil }
  }

  func leave() {
    isQuiet = true
    wire?.abandon()
    wire = nil
  }

  /// Does one thing, and sets when it does the next.
  func act() {
    guard !isQuiet else { return }
    world.after(chance.below(pause) + 1) { self.act() }
    guard wire != nil else { return connect() }
    if besieges && !chance.oneIn(5) { return besiege() }
    switch chance.below(20) {
    case 0: wire?.send(chance.bytes(chance.within(1...60)))
    case 1..<5: wire?.send(mutated(make(any())))
    case 5..<14: send(make(any()))
    case 14: flood()
    case 15:
      isDeaf = true
      wire?.stall(chance.within(1000...600_000))
    case 16: storm()
    case 17: wire?.reset()
    case 18: wire?.finishSending()
    default:
      wire?.abandon()
      wire = nil
    }
  }

  private func connect() {
    isDeaf = false
    wire = world.connect(self, seed: chance.next())
    switch chance.below(8) {
    case 0: break  // it says nothing
    case 1: wire?.send(chance.bytes(chance.within(1...40)))
    case 2: wire?.send(mutated(make(.connect)))
    case 3: send(make(any()))
    default: send(make(.connect))
    }
  }

  /// Connects once more, to be known by this name.
  func connectAnew(as name: String, isCleanStart: Bool) {
    wire?.abandon()
    isDeaf = false
    wire = world.connect(self, seed: chance.next())
    send(lasting(name, isCleanStart: isCleanStart))
  }

  /// A CONNECT of a session that lasts; but no longer than until all has to be gone in the end.
  private func lasting(_ name: String, isCleanStart: Bool) -> Packet {
    var packet = Packet(.connect)
    packet.version = version
    packet.clientIdentifier = version == 3 ? String(name.prefix(23)) : name
    packet.isCleanStart = isCleanStart
    if version == 5 {
      packet.properties = [Packet.Property(identifier: PropertyName.sessionExpiry, number: 3000)]
    }
    return packet
  }

  /// Comes in under a name on a connection beside its own, and leaves a session there.
  func comeOnce(
    as name: String, will: Packet.Will? = nil, filters: [String] = [], stays: Bool = false
  ) {
    var packet = lasting(name, isCleanStart: false)
    packet.will = will
    var bytes = packet.encoded(version: version)
    if !filters.isEmpty { bytes += request(filters).encoded(version: version) }
    comeAndSay(bytes, stays: stays)
  }

  private var mayComeOnceMore: Bool {
    world.places.count + world.incoming.count < mostConnections
  }

  /// Opens a connection beside its own, and says this.
  func comeAndSay(_ bytes: [UInt8], stays: Bool = true) {
    guard mayComeOnceMore else { return }
    let extra = world.connect(self, seed: chance.next())
    if !bytes.isEmpty { extra.send(bytes) }
    world.after(chance.within(stays ? 10_000...90_000 : 1...2000)) { extra.abandon() }
  }

  func goAway() {
    wire?.abandon()
    wire = nil
  }

  func beDeaf(for milliseconds: Int) {
    isDeaf = true
    wire?.stall(milliseconds)
  }

  func subscribe(_ filters: [String]) { send(request(filters)) }

  private func request(_ filters: [String]) -> Packet {
    var packet = Packet(.subscribe)
    packet.identifier = 1
    packet.requests = filters.map { Packet.Request(filter: $0, options: 1) }
    return packet
  }

  func publish(
    _ topic: String, qos: UInt8, identifier: UInt16 = 7, isRetained: Bool = false, count: Int = 5
  ) {
    var packet = Packet(.publish)
    packet.topic = topic
    packet.qos = qos
    packet.identifier = identifier
    packet.isRetained = isRetained
    packet.payload = noise(count)
    send(packet)
  }

  /// Connections that are opened and left, or forgotten.
  private func storm() {
    for _ in 0..<chance.within(1...12) where mayComeOnceMore {
      let extra = world.connect(self, seed: chance.next())
      if chance.oneIn(2) { extra.send(make(.connect).encoded(version: version)) }
      if chance.oneIn(2) { extra.reset() }
      world.after(chance.within(1...60_000)) { extra.abandon() }
    }
  }

  private func flood() {
    for _ in 0..<chance.within(5...60) { send(make(.publish)) }
  }

  func send(_ packet: Packet) {
    wire?.send(packet.encoded(version: version))
  }

  private func any() -> Packet.Kind {
    chance.pick([
      .connect, .connack, .publish, .publish, .publish, .puback, .pubrec, .pubrel, .pubcomp,
      .subscribe, .subscribe, .suback, .unsubscribe, .pingreq, .pingresp, .disconnect, .auth,
    ])
  }

  private func make(_ kind: Packet.Kind) -> Packet {
    var packet = Packet(kind)
    packet.identifier = UInt16(chance.below(5))
    switch kind {
    case .connect:
      packet.version = version
      packet.clientIdentifier = "hostile-\(chance.below(4))"
      packet.isCleanStart = chance.oneIn(2)
      packet.keepAlive = UInt16(chance.pick([0, 1, 30]))
      if chance.oneIn(6) {
        packet.userName = chance.pick(["a", "b", Administrator.trusted, "nobody"])
        if !chance.oneIn(4) { packet.password = "wrong" }
      }
      if version == 5 { packet.properties = someConnectProperties() }
      if chance.oneIn(3) {
        packet.will = Packet.Will(
          topic: topic(), payload: noise(12), qos: UInt8(chance.below(3)),
          isRetained: chance.oneIn(2))
      }
    case .publish:
      packet.qos = UInt8(chance.below(3))
      packet.isDuplicate = packet.qos > 0 && chance.oneIn(4)
      packet.isRetained = chance.oneIn(5)
      packet.topic = topic()
      packet.payload = noise(chance.pick([0, 3, 50, 900]))
      if version == 5 && chance.oneIn(3) { packet.properties = [someProperty()] }
    case .subscribe, .unsubscribe:
      for _ in 0..<chance.within(0...4) {
        let filter = chance.pick(
          Habits.filters + ["hostile/#", "a/#/b", "", "$SYS/#", "$share/x/#"])
        let options = UInt8(truncatingIfNeeded: chance.next()) & (version == 5 ? 0x2F : 3)
        packet.requests.append(Packet.Request(filter: ownGroup(filter), options: options))
      }
    default: break
    }
    return packet
  }

  private func ownGroup(_ filter: String) -> String {
    guard !joinsGroups, TopicMatching.isShared(filter) else { return filter }
    return "$share/hostile/"
      + filter.split(separator: "/", omittingEmptySubsequences: false)
      .dropFirst(2).joined(separator: "/")
  }

  private func topic() -> String {
    let depth = chance.within(1...4)
    return "hostile" + (0..<depth).map { _ in "/\(chance.below(3))" }.joined()
  }

  private func someConnectProperties() -> [Packet.Property] {
    var properties = [
      Packet.Property(
        identifier: PropertyName.sessionExpiry, number: UInt32(chance.pick([0, 5, 3000])))
    ]
    if chance.oneIn(3) { properties.append(someProperty()) }
    return properties
  }

  /// Bytes that nobody takes for a message of an honest client, which begins with "SW".
  func noise(_ count: Int) -> [UInt8] {
    var bytes = chance.bytes(count)
    if count > 0 { bytes[0] &= 0x0F }
    return bytes
  }

  private func someProperty() -> Packet.Property {
    let identifier = UInt8(
      chance.pick([0x01, 0x02, 0x0B, 0x21, 0x22, 0x23, 0x26, 0x27, 0x1F]))
    return Packet.Property(
      identifier: identifier, number: UInt32(chance.below(40)), bytes: [0x61], value: [0x62])
  }

  /// The packet with some of its bytes changed, cut or doubled.
  private func mutated(_ packet: Packet) -> [UInt8] {
    var packet = packet
    // An expiry that becomes a century is right, and in the way.
    if packet.kind == .connect { packet.properties = [] }
    var bytes = packet.encoded(version: version)
    for _ in 0..<chance.within(1...2) {
      let index = chance.below(bytes.count)
      switch chance.below(4) {
      case 0: bytes = Array(bytes[..<max(1, index)])
      case 1: bytes.insert(UInt8(truncatingIfNeeded: chance.next()), at: index)
      case 2: bytes[index] ^= 1 << UInt8(chance.below(8))
      default: bytes[index] = UInt8(truncatingIfNeeded: chance.next())
      }
    }
    return bytes
  }
}
