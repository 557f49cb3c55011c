import Access
import Board
import MQTT
import Memory

// Bytes to packets: framing, and who waits until there is room. [2.1]
extension Broker {
  /// How many bytes may be read from a connection now; zero leaves them in the network.
  ///
  /// Never more than can be kept if they turn out to be part of a packet.
  package mutating func receiveRoom(of connection: Handle<Connection>) -> Int {
    guard takesInput(connection) else {
      wait(connection)
      return 0
    }
    let room = arrivals.room(for: connections[connection].input)
    if room == 0 { wait(connection, .receiveBlocksShort) }
    return min(room, limits.receiveBytes)
  }

  /// The place where the network is to put up to `room` bytes of a connection.
  @_lifetime(immortal)
  package mutating func receiveTarget(
    of connection: Handle<Connection>, room: Int
  ) -> MutableSpan<UInt8> {
    let start = connections[connection].input.pending.count
    return arrivals.packet.mutableBytes(start..<start + room)
  }

  /// Takes `count` bytes that the network has put into the receive target.
  package mutating func receive(_ count: Int, on connection: Handle<Connection>) {
    statistics.bytesReceived += UInt64(count)
    let before = connections[connection].input.pending.count
    let end = before + count
    guard end >= Int(connections[connection].input.needed) else {
      return keep(arrivals.packet.bytes(before..<end), of: connection)
    }
    arrivals.gather(&connections[connection].input)
    process(end, of: connection)
  }

  /// Whether any connection waits for room.
  package var hasStalled: Bool { arrivals.stalledCount > 0 }

  /// Looks again at the input of connections that wait for room; those that go on leave the list.
  package mutating func retryStalled() {
    for _ in 0..<arrivals.stalledCount {
      guard let connection = arrivals.nextStalled() else { return }
      guard connections.contains(connection) else { continue }
      connections[connection].isStalled = false
      guard takesInput(connection) else {
        wait(connection)
        continue
      }
      resume(connection)
    }
  }

  /// Whether packets of this connection may be processed now.
  ///
  /// One that does not read its answers is not read: it may have a block of them at most. Behind a
  /// CONNECT that was rejected nothing is processed. [MQTT-3.1.4-6] [MQTT3-3.1.4-5]
  func takesInput(_ connection: Handle<Connection>) -> Bool {
    switch connections[connection].state {
    case .closing, .ended: return false
    case .awaitsConnect, .established:
      if connections[connection].isStalled || connections[connection].login.isPending {
        return false
      }
      let waiting =
        connections[connection].output.bytes.count + connections[connection].output.behind.count
      let limit =
        connections[connection].isBlocked ? departures.blocks.blockBytes : limits.sendBytes
      return waiting < limit
    }
  }

  /// Makes a connection's input wait; it is looked at again in every turn.
  ///
  /// - Parameter shortage: what it waits for if not for its own answers to leave; such a wait
  ///   has an end.
  mutating func wait(_ connection: Handle<Connection>, _ shortage: Event? = nil) {
    let state = connections[connection].state
    guard !connections[connection].isStalled && (state == .established || state == .awaitsConnect)
    else { return }
    // A login comes back by itself.
    if connections[connection].login.isPending { return }
    arrivals.stall(connection, &connections[connection])
    guard let shortage, connections[connection].stalledUntil == .never else { return }
    note(shortage, connections[connection].session, "")
    let until = now.adding(milliseconds: policy.queueFullWait)
    connections[connection].stalledUntil = until
    schedule.set(connection, to: until)
  }

  /// Goes on with what has come from a connection and was not taken yet.
  mutating func resume(_ connection: Handle<Connection>) {
    let end = connections[connection].input.pending.count
    if end > 0 && end >= Int(connections[connection].input.needed) {
      arrivals.gather(&connections[connection].input)
      process(end, of: connection)
    }
    guard connections.contains(connection), !connections[connection].isStalled else { return }
    guard arrivals.room(for: connections[connection].input) > 0 else {
      return wait(connection, .receiveBlocksShort)
    }
    connections[connection].stalledUntil = .never
    connections[connection].lastReceived = now
    if connections[connection].state == .established { armKeepAlive(connection) }
    arrivals.resume(connection, &connections[connection])
  }

  /// Takes the packets off the front of the packet buffer and keeps what is left.
  private mutating func process(_ end: Int, of connection: Handle<Connection>) {
    var start = 0
    connections[connection].input.needed = 0
    while start < end {
      guard takesInput(connection) else {
        wait(connection)
        break
      }
      let bytes = arrivals.packet.bytes(start..<end)
      guard let header = nextHeader(of: bytes, on: connection) else { break }
      guard header.packetLength <= bytes.count else {
        connections[connection].input.needed = UInt32(header.packetLength)
        break
      }
      let whole = bytes.extracting(0..<header.packetLength)
      guard handle(header, whole, on: connection) else { break }
      // Something found room: a wait for more begins anew.
      connections[connection].stalledUntil = .never
      start += header.packetLength
    }
    keep(arrivals.packet.bytes(start..<end), of: connection)
  }

  private mutating func nextHeader(
    of bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> FixedHeader? {
    do throws(MalformedPacket) {
      guard let header = try FixedHeader.parse(bytes) else { return nil }
      return accepts(header, on: connection) ? header : nil
    } catch {
      fail(connection, error)
      return nil
    }
  }

  /// Whether a packet of this type and length may come now.
  private mutating func accepts(_ header: FixedHeader, on connection: Handle<Connection>) -> Bool {
    let isFirst = connections[connection].state == .awaitsConnect
    // The first packet is a CONNECT, and no other one is: so there is one CONNACK at most.
    // [MQTT-3.1.0-1] [MQTT-3.1.0-2] [MQTT-3.2.0-2] [MQTT3-3.1.0-1] [MQTT3-3.1.0-2]
    guard isFirst == (header.type == .connect) else {
      refuse(connection, .protocolError, .malformedPacket, "only its first packet may be a CONNECT")
      return false
    }
    // The length alone is judged: nothing is kept of a packet that is too large. [MQTT-3.2.2-15]
    guard header.packetLength <= policy.maximumPacketSize else {
      refuse(connection, .packetTooLarge, .packetTooLarge, "it sent a packet that is too large")
      return false
    }
    return true
  }

  /// Keeps bytes of a packet that is not complete, or not to be processed yet.
  private mutating func keep(_ bytes: Span<UInt8>, of connection: Handle<Connection>) {
    let state = connections[connection].state
    guard !bytes.isEmpty && (state == .established || state == .awaitsConnect) else { return }
    arrivals.keep(bytes, of: &connections[connection].input)
  }

  /// Does what a whole packet asks for; false when it has to wait for room and nothing was done.
  private mutating func handle(
    _ header: FixedHeader, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    do throws(MalformedPacket) {
      let isDone = try dispatch(header, bytes, on: connection)
      guard isDone else { return false }
      statistics.packetsReceived += 1
      // Whole packets keep a connection alive, not bytes that trickle in. [MQTT-3.1.2-24]
      connections[connection].lastReceived = now
      connections[connection].stalledUntil = .never
      return true
    } catch {
      if header.type == .connect {
        connections[connection].announced = Connect.announcedVersion(in: bytes, header: header)
      }
      fail(connection, error)
      return true
    }
  }

  private mutating func dispatch(
    _ header: FixedHeader, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) throws(MalformedPacket) -> Bool {
    let version = connections[connection].version
    switch header.type {
    case .connect:
      return connect(try Connect(parsing: bytes, header: header), bytes, on: connection)
    case .publish:
      let publish = try Publish(parsing: bytes, header: header, version: version)
      return receive(publish, bytes, on: connection)
    case .puback, .pubrec, .pubrel, .pubcomp:
      let packet = try Acknowledgement(parsing: bytes, header: header, version: version)
      receive(packet, on: connection)
    case .subscribe:
      let packet = try Subscribe(parsing: bytes, header: header, version: version)
      return subscribe(packet, bytes, on: connection)
    case .unsubscribe:
      let packet = try Unsubscribe(parsing: bytes, header: header, version: version)
      return unsubscribe(packet, bytes, on: connection)
    case .pingreq:
      _ = try PingRequest(parsing: bytes, header: header)
      // [MQTT-3.12.4-1] [MQTT3-3.12.4-1]
      respond(to: connection) { PingResponse().write(to: &$0) }
    case .disconnect:
      let packet = try Disconnect(parsing: bytes, header: header, version: version)
      receive(packet, on: connection)
    case .auth:
      receiveAuth(version, on: connection)
    case .connack, .suback, .unsuback, .pingresp:
      refuse(connection, .protocolError, .malformedPacket, "only a Server sends such a packet")
    }
    return true
  }
}
