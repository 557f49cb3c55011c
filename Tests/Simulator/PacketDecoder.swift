/// Why bytes are no packet.
struct Malformed: Error {
  let why: String

  init(_ why: String) {
    self.why = why
  }
}

// Bytes to packets, with every rule for those that a server sends.
extension Packet {
  enum Form {
    case byte, two, four, variable, text, pair
  }

  /// How a property's value is written; nil for one that does not exist. [2.2.2.2]
  static func form(of identifier: UInt8) -> Form? {
    switch identifier {
    case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A: .byte
    case 0x13, 0x21, 0x22, 0x23: .two
    case 0x02, 0x11, 0x18, 0x27: .four
    case 0x0B: .variable
    case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F: .text
    case 0x26: .pair
    default: nil
    }
  }

  /// The properties that a server may send in a packet.
  private static func allowed(in kind: Kind) -> Set<UInt8> {
    switch kind {
    case .connack:
      [
        0x11, 0x12, 0x13, 0x15, 0x16, 0x1A, 0x1C, 0x1F, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x28,
        0x29, 0x2A,
      ]
    case .publish: [0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26]
    case .puback, .pubrec, .pubrel, .pubcomp, .suback, .unsuback: [0x1F, 0x26]
    case .disconnect: [0x1C, 0x1F, 0x26]
    default: []
    }
  }

  private static func reasons(of kind: Kind) -> Set<UInt8> {
    switch kind {
    case .connack:
      [
        0, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95,
        0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
      ]
    case .puback, .pubrec: [0, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
    case .pubrel, .pubcomp: [0, 0x92]
    case .suback: [0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2]
    case .unsuback: [0, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]
    case .disconnect:
      [
        0, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93, 0x94, 0x95,
        0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
      ]
    default: []
    }
  }

  /// Reads a packet that the server sent.
  init(fromServer bytes: ArraySlice<UInt8>, version: UInt8) throws(Malformed) {
    var reader = ByteReader(bytes)
    let first = try reader.byte()
    guard let kind = Kind(rawValue: first >> 4) else {
      throw Malformed("packet type \(first >> 4)")
    }
    self.init(kind)
    guard try reader.variable() == reader.remaining else { throw Malformed("length") }
    guard kind == .publish || first & 15 == (kind == .pubrel ? 2 : 0) else {
      throw Malformed("flags of \(kind)")
    }
    switch kind {
    case .connack:
      let flags = try reader.byte()
      isSessionPresent = flags == 1
      reason = try reader.byte()
      guard flags <= 1, flags == 0 || reason == 0, version != 3 || flags == 0 else {
        throw Malformed("flags of CONNACK")
      }
      if version == 5 { properties = try reader.properties(Packet.allowed(in: kind)) }
    case .publish: try readPublish(&reader, first, version)
    case .puback, .pubrec, .pubrel, .pubcomp:
      identifier = try reader.identifier()
      if version == 5 && reader.remaining > 0 { reason = try reader.byte() }
      if version == 5 && reader.remaining > 0 {
        properties = try reader.properties(Packet.allowed(in: kind))
      }
    case .suback, .unsuback:
      identifier = try reader.identifier()
      if version == 5 { properties = try reader.properties(Packet.allowed(in: kind)) }
      if version == 5 || kind == .suback { codes = reader.rest() }
    case .pingresp: break
    case .disconnect:
      guard version == 5 else { throw Malformed("DISCONNECT to 3.x") }
      if reader.remaining > 0 { reason = try reader.byte() }
      if reader.remaining > 0 { properties = try reader.properties(Packet.allowed(in: kind)) }
    default: throw Malformed("\(kind) from a server")
    }
    guard reader.remaining == 0 else { throw Malformed("bytes behind \(kind)") }
    try checkReasons(version)
  }

  private func checkReasons(_ version: UInt8) throws(Malformed) {
    switch kind {
    case .connack where version < 5:
      guard reason <= 5 else { throw Malformed("return code \(reason)") }
    case .suback:
      let known = version == 5 ? Packet.reasons(of: kind) : [0, 1, 2, 0x80]
      guard !codes.isEmpty, codes.allSatisfy(known.contains) else {
        throw Malformed("codes \(codes)")
      }
    case .unsuback:
      guard codes.allSatisfy(Packet.reasons(of: kind).contains) else {
        throw Malformed("codes \(codes)")
      }
    case .connack, .puback, .pubrec, .pubrel, .pubcomp, .disconnect:
      guard Packet.reasons(of: kind).contains(reason) else { throw Malformed("reason \(reason)") }
    default: break
    }
  }

  private mutating func readPublish(
    _ reader: inout ByteReader, _ first: UInt8, _ version: UInt8
  ) throws(Malformed) {
    isDuplicate = first & 8 != 0
    qos = first >> 1 & 3
    isRetained = first & 1 != 0
    guard qos < 3, !isDuplicate || qos > 0 else { throw Malformed("flags of PUBLISH") }
    topic = String(decoding: try reader.text(), as: UTF8.self)
    guard !topic.contains("#"), !topic.contains("+") else { throw Malformed("topic \(topic)") }
    if qos > 0 { identifier = try reader.identifier() }
    if version == 5 { properties = try reader.properties(Packet.allowed(in: kind)) }
    guard !topic.isEmpty || number(PropertyName.topicAlias) != nil else {
      throw Malformed("neither topic nor alias")
    }
    payload = reader.rest()
  }

  /// Reads a packet that a well-behaved client sent.
  init(fromClient bytes: ArraySlice<UInt8>, version: UInt8) throws(Malformed) {
    var reader = ByteReader(bytes)
    let first = try reader.byte()
    guard let kind = Kind(rawValue: first >> 4) else { throw Malformed("type") }
    self.init(kind)
    _ = try reader.variable()
    switch kind {
    case .connect: try readConnect(&reader)
    case .publish: try readPublish(&reader, first, version)
    case .puback, .pubrec, .pubrel, .pubcomp:
      identifier = try reader.identifier()
      if version == 5 && reader.remaining > 0 { reason = try reader.byte() }
    case .subscribe, .unsubscribe:
      identifier = try reader.identifier()
      if version == 5 { properties = try reader.properties(nil) }
      while reader.remaining > 0 {
        let filter = String(decoding: try reader.text(), as: UTF8.self)
        let options = kind == .subscribe ? try reader.byte() : 0
        requests.append(Request(filter: filter, options: options))
      }
    case .disconnect:
      if reader.remaining > 0 {
        reason = try reader.byte()
        properties = try reader.properties(nil)
      }
    default: break
    }
  }

  private mutating func readConnect(_ reader: inout ByteReader) throws(Malformed) {
    _ = try reader.text()
    version = try reader.byte()
    let flags = try reader.byte()
    isCleanStart = flags & 2 != 0
    keepAlive = try reader.two()
    if version == 5 { properties = try reader.properties(nil) }
    clientIdentifier = String(decoding: try reader.text(), as: UTF8.self)
    if flags & 4 != 0 { will = try Packet.readWill(&reader, flags, version) }
    if flags & 0x80 != 0 { userName = String(decoding: try reader.text(), as: UTF8.self) }
    if flags & 0x40 != 0 { password = String(decoding: try reader.data(), as: UTF8.self) }
  }

  private static func readWill(
    _ reader: inout ByteReader, _ flags: UInt8, _ version: UInt8
  ) throws(Malformed) -> Will {
    let willProperties = version == 5 ? try reader.properties(nil) : []
    let topic = String(decoding: try reader.text(), as: UTF8.self)
    return Will(
      topic: topic, payload: try reader.data(), qos: flags >> 3 & 3,
      isRetained: flags & 0x20 != 0, properties: willProperties)
  }
}

/// Takes fields off bytes.
struct ByteReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
  }

  var remaining: Int { bytes.count }

  mutating func byte() throws(Malformed) -> UInt8 {
    guard let byte = bytes.popFirst() else { throw Malformed("too short") }
    return byte
  }

  mutating func two() throws(Malformed) -> UInt16 {
    let high = try byte()
    return UInt16(high) << 8 | UInt16(try byte())
  }

  mutating func identifier() throws(Malformed) -> UInt16 {
    let identifier = try two()
    guard identifier != 0 else { throw Malformed("packet identifier 0") }
    return identifier
  }

  mutating func variable() throws(Malformed) -> Int {
    var value = 0
    for shift in [0, 7, 14, 21] {
      let byte = try byte()
      value |= Int(byte & 127) << shift
      if byte < 128 {
        guard byte != 0 || shift == 0 else { throw Malformed("a longer integer than needed") }
        return value
      }
    }
    throw Malformed("an integer of more than four bytes")
  }

  mutating func data() throws(Malformed) -> [UInt8] {
    let count = Int(try two())
    guard bytes.count >= count else { throw Malformed("too short") }
    defer { bytes.removeFirst(count) }
    return Array(bytes.prefix(count))
  }

  mutating func text() throws(Malformed) -> [UInt8] {
    let text = try data()
    guard String(validating: text, as: UTF8.self) != nil, !text.contains(0) else {
      throw Malformed("not a string")
    }
    return text
  }

  mutating func rest() -> [UInt8] {
    defer { bytes = [] }
    return Array(bytes)
  }

  /// - Parameter allowed: which properties may come; nil for any.
  mutating func properties(_ allowed: Set<UInt8>?) throws(Malformed) -> [Packet.Property] {
    let count = try variable()
    guard bytes.count >= count else { throw Malformed("too short for its properties") }
    let end = bytes.count - count
    var properties: [Packet.Property] = []
    while bytes.count > end {
      let property = try property()
      let mayRepeat = property.identifier == 0x26 || property.identifier == 0x0B
      let isRepeated = properties.contains { $0.identifier == property.identifier }
      guard allowed?.contains(property.identifier) ?? true, mayRepeat || !isRepeated else {
        throw Malformed("property \(property.identifier)")
      }
      properties.append(property)
    }
    guard bytes.count == end else { throw Malformed("properties overlap what follows") }
    return properties
  }

  private mutating func property() throws(Malformed) -> Packet.Property {
    var property = Packet.Property(identifier: try byte())
    switch Packet.form(of: property.identifier) {
    case .byte: property.number = UInt32(try byte())
    case .two: property.number = UInt32(try two())
    case .four:
      let high = UInt32(try two())
      property.number = high << 16 | UInt32(try two())
    case .variable: property.number = UInt32(try variable())
    case .text where property.identifier == 0x09 || property.identifier == 0x16:
      property.bytes = try data()
    case .text: property.bytes = try text()
    case .pair:
      property.bytes = try text()
      property.value = try text()
    case nil: throw Malformed("unknown property \(property.identifier)")
    }
    return property
  }
}

/// Cuts a stream of bytes into packets.
struct PacketStream {
  private var bytes: [UInt8] = []
  private var start = 0

  /// Whether no packet has begun that is not complete.
  var isAtBoundary: Bool { start == bytes.count }

  mutating func append(_ more: ArraySlice<UInt8>) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 65_536 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  /// The next whole packet; nil when there is none yet.
  mutating func next() throws(Malformed) -> ArraySlice<UInt8>? {
    var length = 0
    var shift = 0
    var offset = start + 1
    while true {
      guard offset < bytes.count else { return nil }
      guard shift < 28 else { throw Malformed("a length of more than four bytes") }
      length |= Int(bytes[offset] & 127) << shift
      shift += 7
      offset += 1
      if bytes[offset - 1] < 128 { break }
    }
    guard bytes.count >= offset + length else { return nil }
    defer { start = offset + length }
    return bytes[start..<offset + length]
  }
}
