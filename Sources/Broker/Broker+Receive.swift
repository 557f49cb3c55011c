import Access
import Board
import MQTT
import Memory

// Bytes to packets: framing. [2.1]
extension Broker {
  /// How many bytes may be read from a connection now; zero leaves them in the network.
  ///
  /// Never more than can be kept if they turn out to be part of a packet.
  package mutating func receiveRoom(of connection: Handle<Connection>) -> Int {
    guard takesInput(connection) else {
      waitForAnswers(connection)
      return 0
    }
    let room = claimInputRoom(of: connection)
    if room == 0 { wait(connection, for: .receiveBlocks) }
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

  /// Takes `count` bytes that the network has put into the receive target, as far as `work` goes; the
  /// rest is taken when the connection has its next turn.
  package mutating func receive(
    _ count: Int, on connection: Handle<Connection>, _ work: inout Work
  ) {
    statistics.bytesReceived += UInt64(count)
    if !connections[connection].isAnnounced { announce(connection) }
    let before = connections[connection].input.pending.count
    let end = before + count
    guard end >= Int(connections[connection].input.needed) else {
      keep(before..<end, of: connection)
      return hear(connection)
    }
    work.pay(WorkPrice.copying(before))
    gather(connection)
    let taken = takePackets(end, isAll: true, of: connection, &work)
    keep(taken..<end, of: connection)
    hear(connection)
    settleInput(of: connection)
  }

  /// How many bytes a PUBLISH lacks that waits for receive blocks; zero for all else.
  ///
  /// Once the network has all of them it can be taken without any blocks: so whoever has sent all of it
  /// does not wait for those who have not.
  package func wantedWhole(of connection: Handle<Connection>) -> Int {
    guard connections[connection].isWaiting, connections[connection].state == .established,
      connections[connection].transport == .stream,
      arrivals.wait(of: connection).isForReceiveBlocks
    else { return 0 }
    return arrivals.lacking(connections[connection].input)
  }

  /// Takes a PUBLISH whose last `count` bytes are in the receive target, and in the network still;
  /// whether it was taken. If not, it waits for something else, and nothing has changed.
  package mutating func receiveWhole(
    _ count: Int, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    let input = connections[connection].input
    arrivals.copy(input.pending.count, of: input)
    arrivals.withdraw(connection, &connections[connection])
    let end = input.pending.count + count
    let isTaken = takePackets(end, isAll: true, of: connection, &work) == end
    if isTaken {
      statistics.bytesReceived += UInt64(count)
      // Who is gone has nothing that is kept.
      if connections[connection].isLive { forgetInput(of: connection) }
    }
    settleInput(of: connection)
    return isTaken
  }

  /// Whether a connection may have sent whole packets that were not taken yet.
  package func hasUntaken(_ connection: Handle<Connection>) -> Bool {
    connections[connection].input.hasUntaken || connections[connection].hasRequest
  }

  /// Goes on with what has come from a connection and was not taken yet.
  package mutating func goOn(_ connection: Handle<Connection>, _ work: inout Work) {
    let input = connections[connection].input
    if hasUntaken(connection) && takesInput(connection) {
      // A window of it is enough, if that holds the packet that is known to have come.
      let count = min(input.pending.count, max(Int(input.needed), Broker.windowBytes))
      work.pay(WorkPrice.copying(count))
      arrivals.copy(count, of: input)
      let isAll = count == input.pending.count
      let taken = takePackets(count, isAll: isAll, of: connection, &work)
      // Who is gone has nothing that is kept.
      if connections[connection].isLive {
        drop(taken, of: connection)
      }
    }
    settleInput(of: connection)
  }

  /// Bytes of a connection's packets that are laid out at a time.
  private static var windowBytes: Int { 16_384 }

  /// Takes the packets off the front of the packet buffer, as far as work goes, but one at least; how
  /// many bytes they were.
  ///
  /// - Parameter isAll: whether nothing else has come.
  private mutating func takePackets(
    _ end: Int, isAll: Bool, of connection: Handle<Connection>, _ work: inout Work
  ) -> Int {
    var start = 0
    connections[connection].input.needed = 0
    while takesInput(connection) && (start == 0 || !work.isSpent) {
      let bytes = arrivals.packet.bytes(start..<end)
      if connections[connection].hasRequest {
        start += goOnWithRequest(bytes, on: connection, &work)
        if connections[connection].hasRequest { break }
        continue
      }
      guard start < end, let header = nextHeader(of: bytes, isAll: isAll, on: connection) else {
        break
      }
      guard header.packetLength <= bytes.count else {
        connections[connection].input.needed = UInt32(header.packetLength)
        break
      }
      work.pay(WorkPrice.packet)
      let whole = bytes.extracting(0..<header.packetLength)
      guard handle(header, whole, on: connection, &work) else { break }
      start += header.packetLength - untakenCount(of: connection)
    }
    return start
  }

  /// Bytes of the packet that was handled last which are looked at by and by.
  private func untakenCount(of connection: Handle<Connection>) -> Int {
    connections[connection].hasRequest ? departures.request(of: connection).remaining : 0
  }

  private mutating func nextHeader(
    of bytes: Span<UInt8>, isAll: Bool, on connection: Handle<Connection>
  ) -> FixedHeader? {
    do throws(MalformedPacket) {
      guard let header = try FixedHeader.parse(bytes) else {
        if isAll { connections[connection].input.needed = UInt32(bytes.count + 1) }
        return nil
      }
      // A CONNECT says itself by which version it is to be judged.
      if connections[connection].state != .awaitsConnect {
        try header.validate(for: connections[connection].version)
      }
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
    guard header.packetLength <= maximumPacketSize(isFirst: isFirst) else {
      refuse(connection, .packetTooLarge, .packetTooLarge, "it sent a packet that is too large")
      return false
    }
    return true
  }

  /// A CONNECT needs to be no longer than all its fields at their longest, and a few properties.
  func maximumPacketSize(isFirst: Bool) -> Int {
    isFirst ? min(policy.maximumPacketSize, 6 * 65_536) : policy.maximumPacketSize
  }

  /// Does what a whole packet asks for; false when it has to wait for room and nothing was done.
  private mutating func handle(
    _ header: FixedHeader, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Bool {
    do throws(MalformedPacket) {
      let isDone = try dispatch(header, bytes, on: connection, &work)
      if isDone { countPacket(on: connection) }
      return isDone
    } catch {
      if header.type == .connect {
        connections[connection].announced = Connect.announcedVersion(in: bytes, header: header)
      }
      fail(connection, error)
      return true
    }
  }

  private mutating func dispatch(
    _ header: FixedHeader, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) throws(MalformedPacket) -> Bool {
    let version = connections[connection].version
    switch header.type {
    case .connect:
      return connect(try Connect(parsing: bytes, header: header), bytes, on: connection, &work)
    case .publish:
      let publish = try Publish(parsing: bytes, header: header, version: version)
      return receive(publish, bytes, on: connection, &work)
    case .puback, .pubrec, .pubrel, .pubcomp:
      let packet = try Acknowledgement(parsing: bytes, header: header, version: version)
      receive(packet, on: connection)
    case .subscribe, .unsubscribe:
      return try beginRequest(header, bytes, on: connection, &work)
    case .pingreq:
      _ = try PingRequest(parsing: bytes, header: header, version: version)
      // [MQTT-3.12.4-1] [MQTT3-3.12.4-1]
      respond(to: connection) { PingResponse().write(to: &$0) }
    case .disconnect:
      let packet = try Disconnect(parsing: bytes, header: header, version: version)
      receive(packet, on: connection)
    case .auth:
      receiveAuth(version, on: connection)
    case .connack, .suback, .unsuback, .pingresp:
      // An answer that nobody asked for is no harm.
      if version.isTolerant && header.type != .connack { return true }
      refuse(connection, .protocolError, .malformedPacket, "only a Server sends such a packet")
    }
    return true
  }

  /// Begins with a SUBSCRIBE or UNSUBSCRIBE; false when its answer has to wait for room.
  private mutating func beginRequest(
    _ header: FixedHeader, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) throws(MalformedPacket) -> Bool {
    let version = connections[connection].version
    work.pay(WorkPrice.reading(bytes.count))
    guard header.type == .subscribe else {
      let packet = try Unsubscribe(parsing: bytes, header: header, version: version)
      // [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT3-3.10.4-1] [MQTT3-3.10.4-2]
      let answer = SubscriptionAnswer(
        .unsuback, packetIdentifier: packet.packetIdentifier, codeCount: packet.count,
        version: version)
      return begin(answer, to: .unsubscribe(packet), on: connection, &work)
    }
    let packet = try Subscribe(parsing: bytes, header: header, version: version)
    // [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT3-3.8.4-1] [MQTT3-3.8.4-5]
    let answer = SubscriptionAnswer(
      .suback, packetIdentifier: packet.packetIdentifier, codeCount: packet.count,
      version: version)
    return begin(answer, to: .subscribe(packet), on: connection, &work)
  }
}
