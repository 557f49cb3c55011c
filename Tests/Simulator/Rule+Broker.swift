import MQTT

// The rules that no packet breaks by itself: those of a connection and of this server's limits.
extension Rule {
  static func ofBroker(_ profile: Profile) -> [Rule] {
    ofOrder + ofSilence(profile) + ofLimits(profile) + ofConnect + ofAliases(profile)
  }

  private static func close(_ reason: ReasonCode) -> Reaction { .close(reason: reason.rawValue) }

  private static var ofOrder: [Rule] {
    let connect = Packet(.connect).encoded(version: 4)
    var disconnect = Packet(.disconnect)
    disconnect.properties = [Packet.Property(identifier: PropertyName.sessionExpiry, number: 10)]
    return [
      Rule("second-connect", connect, close(.protocolError)),
      Rule("first-pingreq", [0xC0, 0], .close(reason: nil)).asFirst(),
      Rule("first-publish", [0x30, 4, 0, 1, 0x61, 0], .close(reason: nil)).asFirst(),
      Rule("connack-from-client", [0x20, 3, 0, 0, 0], close(.protocolError)),
      Rule("suback-from-client", [0x90, 4, 0, 1, 0, 0], close(.protocolError)),
      Rule("unsuback-from-client", [0xB0, 4, 0, 1, 0, 0], close(.protocolError)),
      Rule("pingresp-from-client", [0xD0, 0], close(.protocolError)),
      Rule("auth-without-method", [0xF0, 0], close(.protocolError)),
      Rule("expiry-from-zero", disconnect, close(.protocolError)),
    ]
  }

  private static func ofSilence(_ profile: Profile) -> [Rule] {
    let timeout = Int(profile.policy.connectTimeout)
    var silent = Rule("no-connect", [], .close(reason: nil)).asFirst()
    silent.earliest = timeout
    silent.latest = timeout + 1000
    var half = Rule("half-a-connect", [0x10, 0x0E, 0, 4, 0x4D], .close(reason: nil)).asFirst()
    half.earliest = timeout
    half.latest = timeout + 1000
    var idle = Rule("keep-alive", [], close(.keepAliveTimeout))
    idle.connect?.keepAlive = 2
    idle.earliest = 3000
    idle.latest = 4000
    // A packet that never ends keeps nobody alive.
    var trickle = Rule("keep-alive-half-packet", [0x30, 9, 0, 1], close(.keepAliveTimeout))
    trickle.connect?.keepAlive = 2
    trickle.earliest = 3000
    trickle.latest = 4000
    return [silent, half, idle, trickle]
  }

  private static func ofLimits(_ profile: Profile) -> [Rule] {
    var tooLarge: [UInt8] = [0x30]
    tooLarge.put(variable: profile.policy.maximumPacketSize)
    var flood: [UInt8] = []
    let isFloodPossible =
      profile.policy.maximumInFlight > 0 && profile.policy.listeners[0].maximumQoS == .exactlyOnce
    for number in 1...profile.policy.maximumInFlight + 1 {
      var publish = Packet(.publish)
      publish.topic = "hostile/flood"
      publish.qos = 2
      publish.identifier = number
      flood += publish.encoded(version: 5)
    }
    var exceeding = Rule("receive-maximum", flood, close(.receiveMaximumExceeded))
    exceeding.needsRoom = true
    var answer = Packet(.subscribe)
    answer.identifier = 1
    answer.requests = (0..<30).map { Packet.Request(filter: "hostile/\($0)") }
    var tooLong = Rule("answer-too-large", answer, close(.packetTooLarge))
    tooLong.connect?.properties = [
      Packet.Property(identifier: PropertyName.maximumPacketSize, number: 30)
    ]
    tooLong.needsRoom = true
    var all = [tooLong, Rule("packet-too-large", tooLarge, close(.packetTooLarge))]
    if isFloodPossible { all.append(exceeding) }
    // Under a mount point it is a topic as any other.
    if profile.policy.listeners[0].mountPoint == .none {
      all.append(publish("publish-to-sys", "$SYS/broker/uptime", .notAuthorized))
    }
    return all + ofTopics(profile)
  }

  /// What is longer than this server takes, where a packet can hold that.
  private static func ofTopics(_ profile: Profile) -> [Rule] {
    let limits = profile.limits
    guard limits.topicBytes + 40 < profile.policy.maximumPacketSize else { return [] }
    let long = String(repeating: "h", count: limits.topicBytes + 1)
    var longTopic = Packet(.publish)
    longTopic.topic = long
    let deep = Array(repeating: "h", count: limits.topicLevels + 1).joined(separator: "/")
    return [
      Rule("topic-too-long", longTopic, close(.topicNameInvalid)),
      subscribe("filter-too-long", long, .topicFilterInvalid),
      subscribe("filter-too-deep", deep, .quotaExceeded),
    ]
  }

  private static func subscribe(_ name: String, _ filter: String, _ code: ReasonCode) -> Rule {
    var packet = Packet(.subscribe)
    packet.identifier = 1
    packet.requests = [Packet.Request(filter: filter)]
    return Rule(name, packet, .answer(.suback, code.rawValue))
  }

  private static func publish(_ name: String, _ topic: String, _ code: ReasonCode) -> Rule {
    var packet = Packet(.publish)
    packet.topic = topic
    packet.qos = 1
    packet.identifier = 1
    return Rule(name, packet, .answer(.puback, code.rawValue))
  }

  private static var ofConnect: [Rule] {
    var method = Packet(.connect)
    method.version = 5
    method.properties = [Packet.Property(identifier: 0x15, bytes: Array("method".utf8))]
    var nameless = Packet(.connect)
    nameless.isCleanStart = false
    return [
      Rule("authentication-method", method, .refusal(ReasonCode.badAuthenticationMethod.rawValue))
        .asFirst(),
      Rule("no-identifier", version: 4, nameless.encoded(version: 4), .refusal(2)).asFirst(),
    ]
  }

  private static func ofAliases(_ profile: Profile) -> [Rule] {
    var high = Packet(.publish)
    high.topic = "hostile/alias"
    let number = UInt32(profile.limits.topicAliases) + 1
    high.properties = [Packet.Property(identifier: PropertyName.topicAlias, number: number)]
    // Where there is no table left for it, one that is unknown is too high as well.
    return [Rule("high-alias", high, close(.topicAliasInvalid))]
  }
}
