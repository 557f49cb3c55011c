@testable import MQTT

/// Decodes a packet as the broker would: `ok`, `incomplete`, or the name of the error.
func outcome(of packet: [UInt8], version: ProtocolVersion) -> String {
  do throws(MalformedPacket) {
    guard let header = try FixedHeader.parse(packet.span) else { return "incomplete" }
    guard header.packetLength <= packet.count else { return "incomplete" }
    if header.type != .connect { try header.validate(for: version) }
    try visit(packet.span, header: header, version: version)
    return "ok"
  } catch {
    return "\(error)"
  }
}

/// Parses a packet and touches every byte that the broker could be led to.
func visit(
  _ bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
) throws(MalformedPacket) {
  switch header.type {
  case .connect: try visitConnect(bytes, header: header)
  case .publish:
    let publish = try Publish(parsing: bytes, header: header, version: version)
    visit([publish.topic, publish.payload], bytes, header: header)
    visit(publish.properties, bytes, header: header)
  case .puback, .pubrec, .pubrel, .pubcomp:
    _ = try Acknowledgement(parsing: bytes, header: header, version: version)
  case .subscribe:
    var subscribe = try Subscribe(parsing: bytes, header: header, version: version)
    var count = 0
    while let request = subscribe.next(in: bytes) {
      visit([request.filter], bytes, header: header)
      count += 1
    }
    precondition(count == subscribe.count && (count > 0 || version == .v3_1))
  case .unsubscribe:
    var unsubscribe = try Unsubscribe(parsing: bytes, header: header, version: version)
    var count = 0
    while let filter = unsubscribe.next(in: bytes) {
      visit([filter], bytes, header: header)
      count += 1
    }
    precondition(count == unsubscribe.count && (count > 0 || version == .v3_1))
  case .pingreq: _ = try PingRequest(parsing: bytes, header: header, version: version)
  case .disconnect: _ = try Disconnect(parsing: bytes, header: header, version: version)
  case .auth:
    let auth = try Auth(parsing: bytes, header: header)
    visit([auth.method, auth.authenticationData ?? .none], bytes, header: header)
  case .connack, .suback, .unsuback, .pingresp: return
  }
}

private func visitConnect(
  _ bytes: Span<UInt8>, header: FixedHeader
) throws(MalformedPacket) {
  _ = Connect.announcedVersion(in: bytes, header: header)
  let connect = try Connect(parsing: bytes, header: header)
  precondition(Connect.announcedVersion(in: bytes, header: header) == connect.version)
  let optional = [
    connect.userName, connect.password, connect.authenticationMethod, connect.authenticationData,
  ]
  visit([connect.clientIdentifier] + optional.compactMap { $0 }, bytes, header: header)
  guard let will = connect.will else { return }
  visit([will.topic, will.payload], bytes, header: header)
  visit(will.properties, bytes, header: header)
}

/// Every field lies within its packet.
private func visit(_ fields: [Field], _ bytes: Span<UInt8>, header: FixedHeader) {
  for field in fields {
    precondition(field.end <= header.packetLength)
    precondition(field.in(bytes).count == field.length)
  }
}

/// What is forwarded is as long as the parser said.
private func visit(_ properties: PublishProperties, _ bytes: Span<UInt8>, header: FixedHeader) {
  visit([properties.block], bytes, header: header)
  let block = properties.block.in(bytes)
  var forwarded = ForwardedProperties()
  var count = 0
  while let run = forwarded.next(in: block) { count += run.in(block).count }
  precondition(count == properties.forwardedCount)
}

/// The bytes of a span, to compare.
func array(_ span: Span<UInt8>) -> [UInt8] {
  span.indices.map { span[$0] }
}

/// The bytes of a field as text, to compare.
func text(_ field: Field?, in bytes: [UInt8]) -> String? {
  field.map { String(decoding: bytes[$0.range], as: UTF8.self) }
}

/// The header of a packet that is known to be whole.
func header(of bytes: [UInt8]) throws -> FixedHeader {
  guard let header = try FixedHeader.parse(bytes.span) else { throw MalformedPacket.truncated }
  return header
}

/// A packet with a header that fits its body.
func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
  var rest = body.count
  var length: [UInt8] = []
  repeat {
    length.append(UInt8(rest % 128) | (rest >= 128 ? 128 : 0))
    rest /= 128
  } while rest > 0
  return [first] + length + body
}

/// A text with its length before it.
func counted(_ text: String) -> [UInt8] {
  counted(Array(text.utf8))
}

/// Bytes with their number before them.
func counted(_ bytes: [UInt8]) -> [UInt8] {
  [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
}

/// A sink that keeps everything.
struct Collector: ByteSink {
  var bytes: [UInt8] = []
  mutating func append(byte: UInt8) { bytes.append(byte) }
  mutating func append(_ span: Span<UInt8>) { bytes += array(span) }
}

/// Chance that is the same in every run: xorshift.
struct Chance: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
