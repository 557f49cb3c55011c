import CBench
import Glibc

extension Load {
  /// Reads once, and takes what came whole.
  func receive(_ client: UnsafeMutablePointer<Client>) {
    let rest = client.pointee.restCount
    if rest > 0 { memcpy(buffer, client.pointee.rest, rest) }
    let count = bench_read(client.pointee.descriptor, buffer + rest, bufferCapacity - rest)
    guard count > 0 else {
      if count == 0 { return lose(client, "the broker closed the connection") }
      guard bench_errno() == EAGAIN || bench_errno() == EINTR else {
        return lose(client, "\(Failure.call("read"))")
      }
      return
    }
    now = monotonicNow()
    let used = take(client, rest + count)
    let left = rest + count - used
    client.pointee.restCount = left
    guard left <= bufferCapacity / 2 else { return lose(client, "a packet is too large") }
    if left > 0 { memcpy(client.pointee.rest, buffer + used, left) }
  }

  /// Takes the whole packets at the front of the buffer and returns how many bytes they were.
  private func take(_ client: UnsafeMutablePointer<Client>, _ count: Int) -> Int {
    var start = 0
    while count - start >= 2 {
      var body = start + 2
      var length = Int(buffer[start + 1])
      if length > 127 {
        length &= 127
        var shift = 7
        while body < count, shift < 28 {
          let byte = Int(buffer[body])
          body += 1
          length |= (byte & 127) << shift
          shift += 7
          if byte < 128 { break }
        }
        guard buffer[body - 1] < 128 else { break }
      }
      guard count - body >= length else { break }
      let header = buffer[start]
      if header >> 4 == 3 {
        takePublish(client, header, buffer + body, length)
      } else {
        takeAcknowledgement(client, header, buffer + body, length)
      }
      start = body + length
    }
    return start
  }

  @inline(__always)
  private func takePublish(
    _ client: UnsafeMutablePointer<Client>, _ header: UInt8, _ body: Bytes, _ length: Int
  ) {
    let qos = header >> 1 & 3
    var offset = 2 + (Int(body[0]) << 8 | Int(body[1]))
    if qos > 0 {
      client.pointee.control.append(qos == 1 ? 0x40 : 0x50, body[offset], body[offset + 1])
      mark(client)
      offset += 2
    }
    if plan.version == 5 { offset += 1 + Int(body[offset]) }
    tally.delivered &+= 1
    let payload = UnsafeRawPointer(body + offset)
    let trailer = length - offset - 4
    guard length - offset == plan.size, qos == plan.qos else {
      return tally.wrong &+= 1
    }
    let publisher = Int(payload.loadUnaligned(as: UInt32.self))
    let sequence = payload.loadUnaligned(fromByteOffset: Payload.sequence, as: UInt64.self)
    let low = payload.loadUnaligned(fromByteOffset: trailer, as: UInt32.self)
    if takesAnySequence { return }
    guard low == UInt32(truncatingIfNeeded: sequence) else { return tally.wrong &+= 1 }
    takeMessage(client, sequence, from: publisher)
    guard sequence & timedMask == 0 else { return }
    let sentAt = payload.loadUnaligned(fromByteOffset: Payload.sentAt, as: UInt64.self)
    latency.record(now &- sentAt)
  }

  @inline(__always)
  private func takeMessage(
    _ client: UnsafeMutablePointer<Client>, _ sequence: UInt64, from publisher: Int
  ) {
    switch client.pointee.streams?.take(sequence, from: publisher) {
    case .inOrder: break
    case nil, .notForUs:
      tally.wrong &+= 1
      return
    case .afterGap(let gap): pass(over: gap, before: sequence, of: publisher)
    case .late:
      tally.lost &-= 1
      tally.outOfOrder &+= 1
      return
    case .repeated:
      tally.duplicated &+= 1
      return
    }
    settle(sequence, of: publisher)
  }

  @inline(__always)
  private func settle(_ sequence: UInt64, of publisher: Int) {
    let source = clients + publisher
    source.pointee.outbox?.settle(sequence)
    mark(source)
  }

  /// What was passed over is not waited for any longer.
  @inline(never)
  private func pass(over gap: UInt64, before sequence: UInt64, of publisher: Int) {
    tally.lost &+= gap
    for missing in sequence - gap..<sequence { settle(missing, of: publisher) }
  }

  private func takeAcknowledgement(
    _ client: UnsafeMutablePointer<Client>, _ header: UInt8, _ body: Bytes, _ length: Int
  ) {
    guard length >= 2 else { return lose(client, "a packet with header \(header)") }
    let isRefusal = length > 2 && body[2] >= 0x80
    if isRefusal { tally.refused &+= 1 }
    switch header >> 4 {
    case 4, 7: acknowledge(client, UInt16(body[0]) << 8 | UInt16(body[1]))
    case 5 where isRefusal: acknowledge(client, UInt16(body[0]) << 8 | UInt16(body[1]))
    case 5: reply(client, 0x62, body)
    case 6: reply(client, 0x70, body)
    default: lose(client, "a packet with header \(header) and reason \(body[0])")
    }
  }

  private func reply(_ client: UnsafeMutablePointer<Client>, _ header: UInt8, _ body: Bytes) {
    client.pointee.control.append(header, body[0], body[1])
    mark(client)
  }

  private func acknowledge(_ client: UnsafeMutablePointer<Client>, _ identifier: UInt16) {
    guard client.pointee.outbox != nil else { return tally.wrong &+= 1 }
    tally.acknowledged &+= 1
    client.pointee.outbox?.settle(identifier: identifier)
    mark(client)
  }
}
