import Support

/// The versions of the protocol by their number in CONNECT.
enum Version: UInt8, CaseIterable, Sendable {
  case v3_1 = 3
  case v3_1_1 = 4
  case v5 = 5
}

func big(_ value: Int, _ count: Int) -> [UInt8] {
  (0..<count).reversed().map { UInt8(value >> (8 * $0) & 0xFF) }
}

func field(_ bytes: [UInt8]) -> [UInt8] { big(bytes.count, 2) + bytes }

func variableByteInteger(_ value: Int) -> [UInt8] {
  value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + variableByteInteger(value >> 7)
}

/// A Will as CONNECT holds it.
struct WillMessage: Sendable {
  var topic: String
  var payload = "gone"
  var qos: UInt8 = 0
  var isRetained = false
  var properties = Properties.none
}

/// Control packets as bytes, encoded without any help of the broker's own codec.
enum Packet {
  static func whole(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
    [first] + variableByteInteger(body.count) + body
  }

  static func connect(
    _ name: String, _ version: Version = .v5, clean: Bool = true, keepAlive: Int = 0,
    _ properties: Properties = .none, will: WillMessage? = nil, userName: String? = nil,
    password: String? = nil
  ) -> [UInt8] {
    var flags: UInt8 = clean ? 2 : 0
    if userName != nil { flags |= 0x80 }
    if password != nil { flags |= 0x40 }
    if let will { flags |= 4 | will.qos << 3 | (will.isRetained ? 0x20 : 0) }
    var body = field((version == .v3_1 ? "MQIsdp" : "MQTT").bytes)
    body += [version.rawValue, flags] + big(keepAlive, 2)
    if version == .v5 { body += properties.whole }
    body += field(name.bytes)
    if let will {
      if version == .v5 { body += will.properties.whole }
      body += field(will.topic.bytes) + field(will.payload.bytes)
    }
    if let userName { body += field(userName.bytes) }
    if let password { body += field(password.bytes) }
    return whole(0x10, body)
  }

  static func publish(
    _ topic: String, _ payload: [UInt8], _ version: Version = .v5, qos: UInt8 = 0,
    identifier: Int = 0, retain: Bool = false, duplicate: Bool = false,
    _ properties: Properties = .none
  ) -> [UInt8] {
    var body = field(topic.bytes)
    if qos > 0 { body += big(identifier, 2) }
    if version == .v5 { body += properties.whole }
    let flags = qos << 1 | (retain ? 1 : 0) | (duplicate ? 8 : 0)
    return whole(0x30 | flags, body + payload)
  }

  /// PUBACK, PUBREC, PUBREL or PUBCOMP.
  static func acknowledgement(_ type: UInt8, _ identifier: Int, _ reason: UInt8? = nil) -> [UInt8] {
    whole(type << 4 | (type == 6 ? 2 : 0), big(identifier, 2) + (reason.map { [$0] } ?? []))
  }

  static func subscribe(
    _ filters: [(String, UInt8)], _ version: Version = .v5, identifier: Int = 1,
    _ properties: Properties = .none
  ) -> [UInt8] {
    var body = big(identifier, 2)
    if version == .v5 { body += properties.whole }
    for (filter, options) in filters { body += field(filter.bytes) + [options] }
    return whole(0x82, body)
  }

  static func unsubscribe(
    _ filters: [String], _ version: Version = .v5, identifier: Int = 1
  ) -> [UInt8] {
    var body = big(identifier, 2)
    if version == .v5 { body += [0] }
    for filter in filters { body += field(filter.bytes) }
    return whole(0xA2, body)
  }

  static let ping: [UInt8] = [0xC0, 0]

  static func disconnect(_ reason: UInt8? = nil, _ properties: Properties? = nil) -> [UInt8] {
    whole(0xE0, (reason.map { [$0] } ?? []) + (properties?.whole ?? []))
  }
}

/// A control packet that the broker has sent, taken apart.
enum SentPacket: Equatable, CustomStringConvertible {
  case connack(present: Bool, code: UInt8)
  case publish(Delivered)
  case puback(Int, UInt8)
  case pubrec(Int, UInt8)
  case pubrel(Int, UInt8)
  case pubcomp(Int, UInt8)
  case suback(Int, [UInt8])
  case unsuback(Int, [UInt8])
  case pingresp
  case disconnect(UInt8)
  case unknown([UInt8])

  var description: String {
    switch self {
    case .publish(let delivered): "publish(\(delivered))"
    case .connack(let present, let code): "connack(\(present), \(code))"
    case .puback(let identifier, let code): "puback(\(identifier), \(code))"
    case .pubrec(let identifier, let code): "pubrec(\(identifier), \(code))"
    case .pubrel(let identifier, let code): "pubrel(\(identifier), \(code))"
    case .pubcomp(let identifier, let code): "pubcomp(\(identifier), \(code))"
    case .suback(let identifier, let codes): "suback(\(identifier), \(codes))"
    case .unsuback(let identifier, let codes): "unsuback(\(identifier), \(codes))"
    case .pingresp: "pingresp"
    case .disconnect(let code): "disconnect(\(code))"
    case .unknown(let bytes): "unknown(\(bytes))"
    }
  }
}

/// A PUBLISH that the broker has sent.
struct Delivered: Equatable, CustomStringConvertible {
  var topic: String
  var payload: [UInt8]
  var qos: UInt8 = 0
  var identifier = 0
  var retain = false
  var duplicate = false
  var properties = Properties.none

  var text: String { String(decoding: payload, as: UTF8.self) }
  var description: String {
    "\(topic) \(payload.count < 40 ? text : "\(payload.count) bytes") q\(qos) m\(identifier) "
      + "r\(retain) d\(duplicate) \(properties.bytes)"
  }
}

/// Takes packets off a string of bytes.
struct Decoder {
  private var rest: ArraySlice<UInt8>

  /// The whole packets at the front of `bytes`, which keeps what is left.
  static func packets(from bytes: inout [UInt8], _ version: Version) -> [SentPacket] {
    var answers: [SentPacket] = []
    while let (length, header) = length(of: bytes), bytes.count >= header + length {
      var decoder = Decoder(rest: bytes[header..<header + length])
      answers.append(
        decoder.answer(bytes[0], version) ?? .unknown(Array(bytes[..<(header + length)])))
      bytes.removeFirst(header + length)
    }
    return answers
  }

  /// The properties of the CONNACK of 5.0 at the front of `bytes`; none if there is no whole one.
  static func welcome(in bytes: [UInt8]) -> Properties? {
    guard bytes.first == 0x20, let (length, header) = length(of: bytes),
      bytes.count >= header + length
    else { return nil }
    var decoder = Decoder(rest: bytes[(header + 2)..<(header + length)])
    return decoder.properties()
  }

  private static func length(of bytes: [UInt8]) -> (Int, Int)? {
    var (value, shift) = (0, 0)
    for place in 1..<5 {
      guard place < bytes.count else { return nil }
      value |= Int(bytes[place] & 127) << shift
      shift += 7
      if bytes[place] < 128 { return (value, place + 1) }
    }
    return nil
  }

  private mutating func number(_ count: Int) -> Int {
    var value = 0
    for _ in 0..<count { value = value << 8 | Int(rest.popFirst() ?? 0) }
    return value
  }

  private mutating func properties() -> Properties {
    var (count, shift) = (0, 0)
    while let byte = rest.popFirst() {
      count |= Int(byte & 127) << shift
      shift += 7
      if byte < 128 { break }
    }
    defer { rest = rest.dropFirst(count) }
    return Properties(bytes: Array(rest.prefix(count)))
  }

  private mutating func answer(_ first: UInt8, _ version: Version) -> SentPacket? {
    switch first >> 4 {
    case 2: return .connack(present: number(1) == 1, code: UInt8(number(1)))
    case 3: return .publish(publish(first, version))
    case 4: return acknowledgement { .puback($0, $1) }
    case 5: return acknowledgement { .pubrec($0, $1) }
    case 6: return first == 0x62 ? acknowledgement { .pubrel($0, $1) } : nil
    case 7: return acknowledgement { .pubcomp($0, $1) }
    case 9: return subscriptionAnswer(version) { .suback($0, $1) }
    case 11: return subscriptionAnswer(version) { .unsuback($0, $1) }
    case 13: return rest.isEmpty ? .pingresp : nil
    case 14: return .disconnect(rest.first ?? 0)
    default: return nil
    }
  }

  private mutating func acknowledgement(_ make: (Int, UInt8) -> SentPacket) -> SentPacket {
    let identifier = number(2)
    return make(identifier, rest.first ?? 0)
  }

  private mutating func subscriptionAnswer(
    _ version: Version, _ make: (Int, [UInt8]) -> SentPacket
  ) -> SentPacket {
    let identifier = number(2)
    if version == .v5 { _ = properties() }
    return make(identifier, Array(rest))
  }

  private mutating func publish(_ first: UInt8, _ version: Version) -> Delivered {
    let count = number(2)
    var delivered = Delivered(
      topic: String(decoding: rest.prefix(count), as: UTF8.self), payload: [],
      qos: first >> 1 & 3, retain: first & 1 == 1, duplicate: first & 8 != 0)
    rest = rest.dropFirst(count)
    if delivered.qos > 0 { delivered.identifier = number(2) }
    if version == .v5 { delivered.properties = properties() }
    delivered.payload = Array(rest)
    return delivered
  }
}
