import CBench
import Glibc

/// The packets a load sends, made before the clock starts.
enum Packets {
  /// MQTT's level in CONNECT: 4 is version 3.1.1.
  typealias Version = UInt8

  static func connect(
    identifier: String, version: Version, keepsSession: Bool = false
  ) -> [UInt8] {
    var body = text("MQTT") + [version, keepsSession ? 0 : 2, 0, 0]
    if version == 5 { body += keepsSession ? [5, 0x11, 0, 0, 0x0e, 0x10] : [0] }
    return packet(0x10, body + text(identifier))
  }

  static func subscribe(filter: String, qos: UInt8, version: Version) -> [UInt8] {
    packet(0x82, [0, 1] + (version == 5 ? [0] : []) + text(filter) + [qos])
  }

  static func publish(
    topic: String, payload: [UInt8], qos: UInt8, identifier: UInt16, version: Version,
    retained: Bool = false
  ) -> [UInt8] {
    var body = text(topic)
    if qos > 0 { body += bigEndian(identifier) }
    if version == 5 { body += [0] }
    return packet(0x30 | qos << 1 | (retained ? 1 : 0), body + payload)
  }

  static var disconnect: [UInt8] { [0xe0, 0] }

  static func packet(_ header: UInt8, _ body: [UInt8]) -> [UInt8] {
    var bytes = [header]
    var length = body.count
    repeat {
      bytes.append(UInt8(length & 127) | (length > 127 ? 128 : 0))
      length >>= 7
    } while length > 0
    return bytes + body
  }

  static func text(_ text: String) -> [UInt8] { bigEndian(UInt16(text.utf8.count)) + text.utf8 }

  static func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}

/// The places in a payload that say which message it is.
///
/// ```
/// 0         4           12          20                     size-4
/// publisher | sequence  | sent at   | filler …              | low half of the sequence
/// ```
enum Payload {
  static var smallest: Int { 24 }
  static var publisher: Int { 0 }
  static var sequence: Int { 4 }
  static var sentAt: Int { 12 }

  static func template(publisher: Int, size: Int) -> [UInt8] {
    var bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    withUnsafeBytes(of: UInt32(publisher)) { bytes.replaceSubrange(0..<4, with: $0) }
    return bytes
  }
}

/// A connection up to the moment when messages flow: one step at a time, waiting for each answer.
struct Handshake {
  let endpoint: Endpoint
  let version: Packets.Version

  /// Connects and waits for CONNACK.
  func connect(identifier: String, keepsSession: Bool = false) throws -> Int32 {
    let descriptor = try endpoint.connect()
    do {
      try sendAll(
        descriptor,
        Packets.connect(identifier: identifier, version: version, keepsSession: keepsSession))
      let answer = try packet(descriptor)
      guard answer.header == 0x20, answer.body.count >= 2, answer.body[1] == 0 else {
        throw Failure("CONNECT of \(identifier) was answered with \(answer.header) \(answer.body)")
      }
    } catch {
      bench_close(descriptor)
      throw error
    }
    return descriptor
  }

  func subscribe(_ descriptor: Int32, to filter: String, qos: UInt8) throws {
    try sendAll(descriptor, Packets.subscribe(filter: filter, qos: qos, version: version))
    let answer = try packet(descriptor)
    guard answer.header == 0x90, let code = answer.body.last, code < 0x80 else {
      throw Failure("SUBSCRIBE to \(filter) was answered with \(answer.header) \(answer.body)")
    }
  }

  /// Ends the connection in MQTT's way and waits until the broker has closed it.
  func disconnect(_ descriptor: Int32) throws {
    defer { bench_close(descriptor) }
    try sendAll(descriptor, Packets.disconnect)
    var byte: UInt8 = 0
    while bench_read(descriptor, &byte, 1) > 0 {}
  }

  /// The next packet, and nothing of what follows it.
  func packet(_ descriptor: Int32) throws -> (header: UInt8, body: [UInt8]) {
    let header = try receiveExactly(descriptor, 1)[0]
    var length = 0
    var shift = 0
    while true {
      let byte = try receiveExactly(descriptor, 1)[0]
      length |= Int(byte & 127) << shift
      shift += 7
      guard byte > 127, shift < 28 else { break }
    }
    return (header, try receiveExactly(descriptor, length))
  }
}
