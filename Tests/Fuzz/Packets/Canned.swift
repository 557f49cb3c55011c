/// Valid packets of few bytes of input: they lead deep into the broker.
enum Canned {
  static let versions: [UInt8] = [3, 4, 5, 5]
  static let topics = [
    "a", "a/b", "/", "$SYS/x", "b", "a/b/c", "$share/g/a", "long/level/of/a/name",
  ]
  static let filters = [
    "a", "a/b", "#", "+", "a/#", "+/b", "$SYS/#", "$share/g/a", "$share/g/#", "$share/h/a/+", "/",
    "+/+/#", "b", "$share/g/+", "a/+/c", "$SYS/broker/limits/+/used",
  ]

  /// - Parameter shape: bits 0 and 1 the version, 2 Clean Start, 3 and 4 the client, 5 a Will,
  ///   6 a session that stays (5.0), 7 a Keep Alive.
  /// - Parameter more: bit 7 for a User Name, of hundreds of bytes with no client identifier.
  static func connect(_ shape: UInt8, _ more: UInt8) -> [UInt8] {
    let version = versions[Int(shape & 3)]
    let hasWill = shape & 32 != 0
    let hasUser = more & 128 != 0
    let isNameless = hasUser && shape & 24 == 24
    var flags: UInt8 = (shape & 4 != 0 ? 2 : 0) | (hasUser ? 128 : 0)
    if hasWill { flags |= 4 | (more & 3) % 3 << 3 | (more & 4 != 0 ? 32 : 0) }
    var body =
      text(version == 3 ? "MQIsdp" : "MQTT") + [version, flags, 0, shape & 128 != 0 ? 5 : 0]
    if version == 5 { body += block(properties(shape, more)) }
    body += text(isNameless ? "" : "c\(shape >> 3 & 3)")
    if hasWill {
      if version == 5 { body += block(more & 8 != 0 ? [0x18, 0, 0, 0, more] : []) }
      body += text(topics[Int(more >> 4 & 7)]) + text("gone")
    }
    if hasUser { body += text(String(repeating: "u", count: isNameless ? 520 : 2)) }
    return packet(0x10, body)
  }

  /// CONNECT of 5.0 with Clean Start and any name, and DISCONNECT.
  static func goodbye(_ name: [UInt8]) -> [UInt8] {
    let length = [UInt8(name.count >> 8), UInt8(name.count & 0xFF)]
    return packet(0x10, text("MQTT") + [5, 2, 0, 0, 0] + length + name) + [0xE0, 0]
  }

  private static func properties(_ shape: UInt8, _ more: UInt8) -> [UInt8] {
    var bytes: [UInt8] = shape & 64 != 0 ? [0x11, 0, 0, more, 60] : []
    if more & 16 != 0 { bytes += [0x21, 0, 1 + more >> 5] }
    if more & 32 != 0 { bytes += [0x22, 0, 2] }
    if more & 64 != 0 { bytes += [0x27, 0, 0, 0, 60] }
    return bytes
  }

  /// - Parameter shape: bits 0 to 2 the topic, 3 and 4 the QoS, 5 RETAIN, 6 DUP, 7 properties.
  static func publish(
    _ shape: UInt8, identifier: UInt8, size: UInt8, _ version: UInt8
  ) -> [UInt8] {
    let qos = (shape >> 3 & 3) % 3
    var body = text(topics[Int(shape & 7)])
    if qos > 0 { body += [0, identifier % 8 + 1] }
    let properties: [UInt8] = [
      0x23, 0, identifier % 4 + 1, 0x02, 0, 0, 0, size, 0x26, 0, 1, 65, 0, 0,
    ]
    if version == 5 { body += block(shape & 128 != 0 ? properties : []) }
    let payload = [UInt8](repeating: 0x78, count: Int(size) * (shape & 64 != 0 ? 3 : 1))
    return packet(0x30 | qos << 1 | shape >> 5 & 1 | shape >> 3 & 8, body + payload)
  }

  static func subscribe(_ filter: UInt8, _ options: UInt8, _ version: UInt8) -> [UInt8] {
    var body: [UInt8] = [0, 9]
    if version == 5 { body += block(filter & 16 != 0 ? [0x0B, filter] : []) }
    body += text(filters[Int(filter & 15)])
    return packet(0x82, body + [version == 5 ? options & 0x2F : (options & 3) % 3])
  }

  static func unsubscribe(_ filter: UInt8, _ version: UInt8) -> [UInt8] {
    packet(0xA2, [0, 10] + (version == 5 ? [0] : []) + text(filters[Int(filter & 15)]))
  }

  /// A fixed header whose length is right, and the body.
  static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] { [first] + block(body) }

  private static func text(_ text: String) -> [UInt8] {
    [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)] + Array(text.utf8)
  }

  /// The bytes with their number before them, as a Variable Byte Integer.
  private static func block(_ bytes: [UInt8]) -> [UInt8] {
    let count = bytes.count
    return (count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)]) + bytes
  }
}
