/// A client that keeps the protocol, over a network that does not keep its promises.
final class HonestClient: Peer {
  /// What it has published and not seen through.
  struct Unacknowledged {
    var packet: Packet
    var isReleased = false
  }

  let name: String
  let version: UInt8
  let world: World
  let oracle: Oracle
  let habits: Habits
  let session: ModelSession
  let address: UInt64
  private var chance: Chance
  var wire: Wire?
  private(set) var isConnected = false
  var isQuiet = false
  /// What the oracle knows of its connection.
  private var view: ConnectionView?
  private var stream = PacketStream()
  private var unacknowledged: [Unacknowledged] = []
  private var received: Set<UInt16> = []
  private var lastIdentifier: UInt16 = 0
  private var aliases: [UInt32: String] = [:]
  private var ownAliases: [String: UInt32] = [:]
  private var serverReceiveMaximum = 65_535
  private var serverAliasMaximum: UInt32 = 0
  private var answersAt: UInt64 = 0
  private var filters: [String] = []
  private var nextSubscriptionIdentifier: UInt32 = 1
  /// The Session Expiry Interval that it asked for last.
  private var expiry: UInt32?

  init(
    name: String, version: UInt8, habits: Habits, world: World, oracle: Oracle, seed: UInt64,
    address: UInt64, user: String?
  ) {
    chance = Chance(seed: seed)
    self.name = name
    self.version = version
    self.habits = habits
    self.world = world
    self.oracle = oracle
    self.address = address
    session = oracle.session(name)
    session.user = user
    lastIdentifier = habits.lastIdentifier
  }

  // MARK: Connecting

  ///
  /// - Parameter forgets: it leaves its old connection as it is, as one does that has come into
  ///   another network.
  func connect(clean: Bool? = nil, expiry: UInt32? = nil, forgets: Bool = false) {
    if !forgets { wire?.abandon() }
    isConnected = false
    let new = world.connect(self, seed: chance.next())
    wire = new
    stream = PacketStream()
    aliases = [:]
    ownAliases = [:]
    var packet = Packet(.connect)
    packet.version = version
    packet.clientIdentifier = name
    packet.isCleanStart = session.isInDoubt || clean ?? chance.oneIn(habits.cleanStarts)
    packet.keepAlive = isQuiet ? 0 : UInt16(chance.pick([0, 10, 60, 600]))
    if !isQuiet && chance.oneIn(3) { packet.will = makeWill() }
    if version == 5 { packet.properties = connectProperties(expiry) }
    self.expiry = packet.number(PropertyName.sessionExpiry)
    logIn(&packet)
    let view = ConnectionView(
      wire: new, version: version,
      receiveMaximum: Int(packet.number(PropertyName.receiveMaximum) ?? 65_535),
      maximumPacketSize: Int(packet.number(PropertyName.maximumPacketSize) ?? 268_435_460))
    self.view = view
    oracle.watch(view)
    new.send(packet.encoded(version: version))
    // One that hears nothing gives up.
    world.after(60_000) { [self] in
      if wire === new && !isConnected { new.reset() }
    }
  }

  /// Says who it is: nobody, or its user, now and then with a wrong password or without one.
  private func logIn(_ packet: inout Packet) {
    guard let user = session.user else { return }
    packet.userName = user
    let version = oracle.regimes.last?.versions[user] ?? 1
    packet.password = Regime.password(of: user, version)
    guard !isQuiet && chance.oneIn(8) else { return }
    packet.password = chance.oneIn(4) ? nil : "wrong"
  }

  private func connectProperties(_ expiry: UInt32?) -> [Packet.Property] {
    let lasting = expiry ?? UInt32(chance.pick([0, 1, 30, 600, 3600, 3600]))
    var properties = [Packet.Property(identifier: PropertyName.sessionExpiry, number: lasting)]
    if let usual = habits.receiveMaximum {
      let maximum = chance.oneIn(4) ? UInt32(chance.within(1...3)) : usual
      properties.append(Packet.Property(identifier: PropertyName.receiveMaximum, number: maximum))
    }
    if let maximum = habits.maximumPacketSize {
      properties.append(
        Packet.Property(identifier: PropertyName.maximumPacketSize, number: maximum))
    }
    if habits.aliases > 0 {
      properties.append(
        Packet.Property(identifier: PropertyName.topicAliasMaximum, number: habits.aliases))
    }
    return properties
  }

  private func makeWill() -> Packet.Will {
    let qos = min(UInt8(chance.below(3)), habits.maximumQoS)
    let topic = chance.pick(habits.topics)
    let isRetained = chance.oneIn(6) && habits.retains
    let message = oracle.make(
      from: name, topic: topic, qos: qos, isRetained: isRetained, payloadCount: 20,
      isWill: true, expiry: nil)
    var properties: [Packet.Property] = []
    if version == 5 && chance.oneIn(2) {
      let delay = UInt32(chance.pick([1, 20, 900]))
      properties.append(Packet.Property(identifier: PropertyName.willDelay, number: delay))
    }
    return Packet.Will(
      topic: topic, payload: ModelMessage.payload(of: message.number, count: 20), qos: qos,
      isRetained: message.isRetained, properties: properties)
  }

  // MARK: What it does of its own accord

  /// Does one thing, and sets when it does the next.
  func act() {
    guard !isQuiet else { return }
    world.after(chance.below(habits.pause) + 1) { self.act() }
    guard isConnected else {
      if wire == nil { connect() }
      return
    }
    switch chance.below(100) {
    case 0..<60: publish()
    case 60..<75: subscribe()
    case 75..<80: unsubscribe()
    case 80..<88: send(Packet(.pingreq))
    case 88..<91: disconnect()
    case 91: connect()
    case 92: for _ in 0..<chance.pick([1, 1, 4]) { connect(forgets: true) }
    case 93..<95: wire?.abandon(); lose()
    case 95..<97: wire?.reset()
    case 97: wire?.finishSending()
    default: wire?.stall(chance.within(10...habits.longestStall))
    }
  }

  func send(_ packet: Packet) {
    wire?.send(packet.encoded(version: version))
  }

  func publish() {
    let qos = min(UInt8(chance.pick([0, 1, 1, 2, 2])), habits.maximumQoS)
    let isRetained = chance.oneIn(8) && habits.retains
    let isEmpty = isRetained && qos > 0 && chance.oneIn(3)
    guard qos == 0 || unacknowledged.count < min(serverReceiveMaximum, habits.window) else {
      return
    }
    let expiry: UInt32? =
      version == 5 && chance.oneIn(6) ? UInt32(chance.within(1...100)) : nil
    let count = isEmpty ? 0 : chance.pick([10, 11, 30, 30, 100, habits.largestPayload])
    let message = oracle.make(
      from: name, topic: chance.pick(habits.topics), qos: qos, isRetained: isRetained,
      payloadCount: count, isWill: false, expiry: expiry)
    publish(message, count)
  }

  func publish(_ message: ModelMessage, _ count: Int) {
    var packet = Packet(.publish)
    packet.qos = message.qos
    packet.isRetained = message.isRetained
    packet.topic = message.topic
    packet.payload = message.isEmpty ? [] : ModelMessage.payload(of: message.number, count: count)
    if version == 5 { packet.properties = publishProperties(message) }
    guard message.qos > 0 else { return send(withAlias(packet)) }
    packet.identifier = freeIdentifier()
    oracle.emptyMessages["\(name) \(packet.identifier)"] = message.isEmpty ? message : nil
    unacknowledged.append(Unacknowledged(packet: packet))
    send(withAlias(packet))
  }

  private func publishProperties(_ message: ModelMessage) -> [Packet.Property] {
    var properties: [Packet.Property] = []
    if let expiry = message.expiry {
      properties.append(Packet.Property(identifier: PropertyName.messageExpiry, number: expiry))
    }
    if chance.oneIn(4) {
      message.hasUserProperty = true
      properties.append(
        Packet.Property(
          identifier: PropertyName.userProperty, bytes: Array("name".utf8),
          value: Array("\(message.number)".utf8)))
    }
    return properties
  }

  /// The packet with an alias beside its topic, or in its place when the server knows it.
  private func withAlias(_ packet: Packet) -> Packet {
    guard version == 5, serverAliasMaximum > 0, chance.oneIn(2) else { return packet }
    var aliased = packet
    if let known = ownAliases[packet.topic] {
      aliased.topic = ""
      aliased.properties.append(
        Packet.Property(identifier: PropertyName.topicAlias, number: known))
    } else {
      let alias = UInt32(chance.within(1...Int(serverAliasMaximum)))
      ownAliases = ownAliases.filter { $0.value != alias }
      ownAliases[packet.topic] = alias
      aliased.properties.append(
        Packet.Property(identifier: PropertyName.topicAlias, number: alias))
    }
    return aliased
  }

  private func freeIdentifier() -> UInt16 {
    repeat {
      lastIdentifier = lastIdentifier == UInt16.max ? 1 : lastIdentifier + 1
    } while unacknowledged.contains { $0.packet.identifier == lastIdentifier }
    return lastIdentifier
  }

  func subscribe() {
    var packet = Packet(.subscribe)
    packet.identifier = freeIdentifier()
    for _ in 0..<chance.within(1...3) {
      let filter = chance.pick(habits.filters)
      guard !packet.requests.contains(where: { $0.filter == filter }) else { continue }
      var options = UInt8(chance.pick([0, 1, 2, 2]))
      let isShared = filter.hasPrefix("$share")
      if version == 5 {
        if !isShared && chance.oneIn(4) { options |= 4 }
        if chance.oneIn(3) { options |= 8 }
        options |= UInt8(chance.below(3)) << 4
      }
      packet.requests.append(Packet.Request(filter: filter, options: options))
      filters.append(filter)
    }
    if version == 5 && chance.oneIn(2) {
      nextSubscriptionIdentifier = nextSubscriptionIdentifier % 300 + 1
      packet.properties = [
        Packet.Property(
          identifier: PropertyName.subscriptionIdentifier, number: nextSubscriptionIdentifier)
      ]
    }
    send(packet)
  }

  private func unsubscribe() {
    guard !filters.isEmpty else { return }
    var packet = Packet(.unsubscribe)
    packet.identifier = freeIdentifier()
    for _ in 0..<chance.within(1...3) {
      let filter = chance.pick(filters)
      guard !packet.requests.contains(where: { $0.filter == filter }) else { continue }
      packet.requests.append(Packet.Request(filter: filter))
    }
    send(packet)
  }

  func disconnect() {
    var packet = Packet(.disconnect)
    if version == 5 && chance.oneIn(3) { packet.reason = 4 }
    if version == 5 && chance.oneIn(3), expiry ?? 0 > 0 {
      packet.properties = [
        Packet.Property(
          identifier: PropertyName.sessionExpiry, number: UInt32(chance.pick([0, 2, 40, 3600])))
      ]
    }
    send(packet)
    wire?.abandon()
    lose()
  }

  private func lose() {
    wire = nil
    isConnected = false
  }

  // MARK: What it hears

  func ended(_ ended: Wire) {
    guard ended === wire else { return }
    lose()
  }

  func receive(_ bytes: ArraySlice<UInt8>, on from: Wire) {
    guard from === wire else { return }
    stream.append(bytes)
    do throws(Malformed) {
      while from === wire, let bytes = try stream.next() {
        receive(try Packet(fromServer: bytes, version: version))
      }
    } catch {}  // the oracle has said so already
  }

  private func receive(_ packet: Packet) {
    switch packet.kind {
    case .connack: receiveConnack(packet)
    case .publish: receivePublish(packet)
    case .puback:
      unacknowledged.removeAll { $0.packet.identifier == packet.identifier && $0.packet.qos == 1 }
    case .pubrec: receivePubrec(packet)
    case .pubrel:
      received.remove(packet.identifier)
      answer(.pubcomp, packet.identifier)
    case .pubcomp:
      unacknowledged.removeAll { $0.packet.identifier == packet.identifier && $0.isReleased }
    case .disconnect:
      wire?.abandon()
      lose()
    default: break
    }
  }

  private func receiveConnack(_ packet: Packet) {
    guard packet.reason == 0 else {
      wire?.abandon()
      return lose()
    }
    // It cannot go on with a session that may be another one.
    guard !session.isUnknown else {
      wire?.abandon()
      return lose()
    }
    // Another CONNECT that was read since may have begun another session.
    if session.connectCount == view?.connectNumber { session.isInDoubt = false }
    isConnected = true
    serverReceiveMaximum = Int(packet.number(PropertyName.receiveMaximum) ?? 65_535)
    serverAliasMaximum = packet.number(PropertyName.topicAliasMaximum) ?? 0
    guard session.wasPresent else {
      unacknowledged = []
      received = []
      filters = []
      return
    }
    for index in unacknowledged.indices {
      if unacknowledged[index].isReleased {
        var release = Packet(.pubrel)
        release.identifier = unacknowledged[index].packet.identifier
        send(release)
      } else {
        unacknowledged[index].packet.isDuplicate = true
        send(unacknowledged[index].packet)
      }
    }
  }

  private func receivePublish(_ packet: Packet) {
    if version == 5 && !isQuiet && packet.qos > 0 && !received.contains(packet.identifier)
      && chance.oneIn(habits.refusals)
    {
      view.map { oracle.declined(packet, on: $0) }
      return answer(packet.qos == 1 ? .puback : .pubrec, packet.identifier, reason: 0x83)
    }
    switch packet.qos {
    case 1: answer(.puback, packet.identifier)
    case 2:
      answer(.pubrec, packet.identifier)
      guard received.insert(packet.identifier).inserted else { return }
    default: break
    }
    view.map { oracle.arrived(packet, on: $0) }
  }

  private func receivePubrec(_ packet: Packet) {
    guard
      let index = unacknowledged.firstIndex(where: {
        $0.packet.identifier == packet.identifier && $0.packet.qos == 2
      })
    else { return }
    guard packet.reason < 0x80 else {
      unacknowledged.remove(at: index)
      return
    }
    unacknowledged[index].isReleased = true
    var release = Packet(.pubrel)
    release.identifier = packet.identifier
    send(release)
  }

  /// Acknowledges after a while, in the order of what came. [MQTT-4.6.0-2]
  private func answer(_ kind: Packet.Kind, _ identifier: UInt16, reason: UInt8 = 0) {
    let delay = isQuiet ? 0 : chance.below(habits.answerDelay + 1)
    answersAt = max(answersAt, world.now + UInt64(delay))
    if isQuiet { answersAt = world.now }
    let from = wire
    world.at(answersAt) { [self] in
      guard wire === from else { return }
      var packet = Packet(kind)
      packet.identifier = identifier
      packet.reason = reason
      send(packet)
    }
  }

  /// Gives up what the server does not take.
  func giveUp() { unacknowledged.removeAll { !$0.isReleased } }

  /// Whether it still waits for an answer.
  var isBusy: Bool { !unacknowledged.isEmpty }
}

/// How a client behaves, drawn once for each.
struct Habits {
  let topics: [String]
  let filters: [String]
  let cleanStarts: Int
  /// Milliseconds between two actions at most.
  let pause: Int
  let answerDelay: Int
  let longestStall: Int
  /// Messages it has under way at most.
  let window: Int
  let largestPayload: Int
  let receiveMaximum: UInt32?
  let maximumPacketSize: UInt32?
  let aliases: UInt32
  /// It refuses one in so many messages.
  let refusals: Int
  /// What the server takes.
  let maximumQoS: UInt8
  let retains: Bool
  /// The Packet Identifier before its first one.
  let lastIdentifier: UInt16

  static let topics = ["a", "a/b", "a/b/c", "b", "b/1", "b/2", "c//d", "/c"]
  static let filters = [
    "a", "a/b", "a/#", "a/+", "+/b", "#", "b/+", "b/1", "+", "c//d", "/+", "+/+/#", "$share/g/a/#",
    "$share/g/b/+", "$share/h/a/#",
  ]
}

extension Oracle {
  /// Makes a message that a client is going to publish.
  func make(
    from publisher: String, topic: String, qos: UInt8, isRetained: Bool, payloadCount: Int,
    isWill: Bool, expiry: UInt32?
  ) -> ModelMessage {
    let message = ModelMessage(
      number: UInt64(messages.count + 1), publisher: publisher, topic: topic, qos: qos,
      isRetained: isRetained, isEmpty: payloadCount == 0, isWill: isWill, expiry: expiry,
      size: topic.utf8.count + payloadCount)
    add(message)
    return message
  }
}
