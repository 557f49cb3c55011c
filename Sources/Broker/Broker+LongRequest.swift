import Board
import MQTT
import Memory
import Sessions

// A SUBSCRIBE or UNSUBSCRIBE may have a hundred thousand Topic Filters: they are looked at as far as
// work goes, and those that were looked at are forgotten. Room for all codes is taken before the first,
// so that nobody waits in the middle.
extension Broker {
  /// Begins with the filters of a packet; false when its answer has to wait for room.
  mutating func begin(
    _ answer: SubscriptionAnswer, to filters: LongRequest.Filters,
    on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    // One that is too large for the Client cannot be sent. [MQTT-3.1.2-27]
    guard answer.packetLength <= Int(clamping: connections[connection].maximumPacketSize) else {
      refuse(connection, .packetTooLarge, .messageTooLarge, "its answer is too large for it")
      return true
    }
    let needed = departures.blocks.blocksNeeded(toAppend: answer.packetLength, to: Chain())
    guard needed <= sendBlocks(for: connection) else {
      wait(connection, for: .sendBlocks(UInt32(needed)))
      return false
    }
    work.pay(WorkPrice.copying(answer.packetLength))
    var chain = Chain()
    var head = PacketBytes<8>()
    answer.writeHead(to: &head)
    departures.put(head.span, to: &chain)
    putPlaces(answer.packetLength - head.span.count, to: &chain)
    var cursor = ChainCursor(startOf: chain)
    departures.blocks.skip(head.span.count, with: &cursor)
    var request = LongRequest(
      filters: filters, answer: chain, cursor: cursor, hasCodes: answer.hasCodes)
    _ = request.forgetTaken()
    departures.setRequest(of: connection, to: request)
    connections[connection].hasRequest = true
    return true
  }

  /// Appends room for so many codes.
  private mutating func putPlaces(_ count: Int, to chain: inout Chain) {
    let places = InlineArray<64, UInt8>(repeating: 0)
    var remaining = count
    while remaining > 0 {
      let piece = min(remaining, 64)
      departures.put(places.span.extracting(0..<piece), to: &chain)
      remaining -= piece
    }
  }

  /// Goes on with the filters that `bytes` begin with, as far as work goes, but with one at least: to
  /// lay them out may have cost all there was. How many bytes are done with.
  mutating func goOnWithRequest(
    _ bytes: Span<UInt8>, on connection: Handle<Connection>, _ work: inout Work
  ) -> Int {
    var request = departures.request(of: connection)
    var isFirst = true
    switch request.filters {
    case .subscribe(var packet):
      while isFirst || !work.isSpent, let next = packet.next(in: bytes) {
        isFirst = false
        work.pay(WorkPrice.packet + WorkPrice.reading(next.filter.length))
        let code = beginSubscription(
          to: next.filter.in(bytes), next.options, packet.subscriptionIdentifier, on: connection,
          &work)
        put(code, of: &request, on: connection)
      }
      request.filters = .subscribe(packet)
    case .unsubscribe(var packet):
      while isFirst || !work.isSpent, let next = packet.next(in: bytes) {
        isFirst = false
        work.pay(WorkPrice.packet + WorkPrice.reading(next.length))
        let code = endSubscription(from: next.in(bytes), on: connection, &work)
        put(code, of: &request, on: connection)
      }
      request.filters = .unsubscribe(packet)
    }
    let taken = request.forgetTaken()
    departures.setRequest(of: connection, to: request)
    if request.remaining == 0 {
      finishRequest(on: connection)
    } else if taken == 0 {
      connections[connection].input.needed = UInt32(min(request.remaining, Broker.longestFilter))
    }
    return taken
  }

  /// Bytes of the longest filter there can be, with its length and options.
  private static var longestFilter: Int { 65_538 }

  private mutating func put(
    _ code: ReasonCode, of request: inout LongRequest, on connection: Handle<Connection>
  ) {
    guard request.hasCodes else { return }
    let isV5 = connections[connection].version == .v5
    departures.blocks.overwrite(
      &request.cursor, with: (isV5 || !code.isError ? code : .unspecifiedError).rawValue)
  }

  /// Sends the answer, behind everything else; without a block for that it waits.
  private mutating func finishRequest(on connection: Handle<Connection>) {
    var request = departures.request(of: connection)
    var answer = request.answer
    if connections[connection].isStreaming {
      departures.blocks.moveAll(of: &answer, to: &departures.streams[connection.index].behind)
    } else {
      departures.blocks.moveAll(of: &answer, to: &connections[connection].output)
      departures.countHolder(&connections[connection])
    }
    guard answer.isEmpty else {
      request.answer = answer
      departures.setRequest(of: connection, to: request)
      return wait(connection, for: .sendBlocks(1))
    }
    departures.endRequest(of: connection)
    connections[connection].hasRequest = false
    connections[connection].lastReceived = now
    statistics.packetsSent += 1
    arrivals.forgetWait(of: connection)
    arm(connection)
    owe(connection)
  }

  /// Forgets the filters of a connection that ends, and their answer.
  mutating func forgetRequest(of connection: Handle<Connection>) {
    guard connections[connection].hasRequest else { return }
    connections[connection].hasRequest = false
    var request = departures.request(of: connection)
    departures.blocks.release(&request.answer)
    departures.endRequest(of: connection)
  }
}
