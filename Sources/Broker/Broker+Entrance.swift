import MQTT
import Memory
import Messages
import Sessions
import Topics

// What a CONNECT takes before it is certain that the Client may come in, and whose its session is.
extension Broker {
  /// What is kept for a Client that may turn out not to come in.
  struct Luggage {
    /// The user at that address, held.
    var owner = Handle<Owner>.null
    var will = Handle<Message>.null
    var userName = Chain()
    /// What there was not enough of, if there was not.
    var shortage: Shortage?
  }

  /// Keeps what a CONNECT brings along; what is full when there is no room for it.
  mutating func pack(
    _ luggage: inout Luggage, _ connect: Connect, _ bytes: Span<UInt8>,
    on connection: Handle<Connection>
  ) -> Event? {
    let name = userName(of: connect, bytes, on: connection)
    luggage.owner = owners.hold(key: ownerKey(of: name, on: connection))
    if let will = connect.will {
      luggage.shortage = willShortage(of: will, by: luggage.owner)
      guard luggage.shortage == nil, let message = keepWill(will, bytes, on: connection) else {
        return .willFull
      }
      luggage.will = message
    }
    guard let name else { return nil }
    luggage.shortage = textShortage(name.count, holding: 0)
    guard luggage.shortage == nil else {
      texts.refuse()
      return .sessionsFull
    }
    let isKept = texts.append(name, to: &luggage.userName)
    precondition(isKept)  // there is room for it
    return nil
  }

  /// What there is not enough of for a Will; nil when there is. Those of all sessions of a user count for
  /// him, each as if it were as long as this one.
  private mutating func willShortage(of will: Will, by owner: Handle<Owner>) -> Shortage? {
    let sessions = Int(owners[owner].sessions)
    let blocks = messages.blocksNeeded(
      for: will.topic.length + will.properties.block.length + will.payload.length)
    let shortage =
      shares.messages.shortage(
        of: .messages, for: 1, holding: sessions, free: messages.messageOccupancy.free)
      ?? shares.messageBlocks.shortage(
        of: .messageBlocks, for: blocks, holding: sessions * blocks,
        free: messages.blockOccupancy.free)
    if shortage != nil { messages.refuse() }
    return shortage
  }

  /// The one place where what was kept for a Client that does not come in is given back.
  mutating func giveBack(_ luggage: inout Luggage) {
    if !luggage.will.isNull { messages.release(luggage.will) }
    texts.release(&luggage.userName)
    owners.release(luggage.owner)
    luggage = Luggage(shortage: luggage.shortage)
  }

  /// What a user at an address is known by; without a name, whoever comes from there without one.
  private func ownerKey(of name: Span<UInt8>?, on connection: Handle<Connection>) -> UInt64 {
    let address = hash.wide(connections[connection].address, 1)
    guard let name else { return address }
    return hash.wide(address, hash.wide(name, after: 3))
  }

  /// Whether somebody who holds so many text blocks may claim a text of so many bytes.
  func mayClaimTexts(_ byteCount: Int, holding held: Int) -> Bool {
    textShortage(byteCount, holding: held) == nil
  }

  func textShortage(_ byteCount: Int, holding held: Int) -> Shortage? {
    shares.textBlocks.shortage(
      of: .textBlocks, for: texts.blocksNeeded(toAppend: byteCount, to: Chain()), holding: held,
      free: texts.occupancy.free)
  }

  /// Makes a session for a Client that has none; nil when its user has his share of sessions, or
  /// texts are full, as the luggage says then.
  mutating func addSession(
    _ name: Span<UInt8>, _ version: ProtocolVersion, _ luggage: inout Luggage, _ work: inout Work
  ) -> Handle<Session>? {
    luggage.shortage = makeSessionRoom(for: luggage.owner, &work)
    guard luggage.shortage == nil else {
      sessions.refuse()
      return nil
    }
    let held = texts.blockCount(of: luggage.userName)
    luggage.shortage = textShortage(name.count, holding: held)
    guard luggage.shortage == nil else {
      texts.refuse()
      return nil
    }
    return sessions.add(name, version: version, texts: &texts)
  }

  /// Why a user may not have one more session; nil when he may. Who has his share of them gets room by
  /// the end of the one of his that has been away longest and has nothing to lose.
  private mutating func makeSessionRoom(
    for owner: Handle<Owner>, _ work: inout Work
  ) -> Shortage? {
    if sessions.occupancy.free == 0 { bidFarewells(&work) }
    let shortage = shares.sessions.shortage(
      of: .sessions, for: 1, holding: Int(owners[owner].sessions), free: sessions.occupancy.free)
    guard let shortage else { return nil }
    var candidate = owners[owner].firstAway
    for _ in 0..<Broker.mostCandidates where !candidate.isNull {
      if sessions.isEmpty(candidate) {
        note(.sessionCrowdedOut, candidate, "")
        end(candidate)
        return sessions.occupancy.free > 0 ? nil : .of(.sessions)
      }
      candidate = owners.nextAway(after: candidate)
    }
    return shortage
  }

  /// How many sessions that are away are looked at to find one that has nothing to lose.
  private static var mostCandidates: Int { 16 }

  /// Makes a session that of a user; the hold on him passes to it.
  mutating func own(_ session: Handle<Session>, by owner: Handle<Owner>) {
    disown(session)
    owners.setOwner(of: session, to: owner)
    owners[owner].sessions += 1
  }

  /// Forgets whose a session is, or was.
  mutating func disown(_ session: Handle<Session>) {
    let owner = owners.owner(of: session)
    guard !owner.isNull else { return }
    owners.comeBack(session)
    owners[owner].sessions -= 1
    owners.release(owner)
    owners.setOwner(of: session, to: .null)
  }

  /// Counts a connection that has come in, or goes without having done so.
  mutating func countEntered(_ connection: Handle<Connection>) {
    guard !connections[connection].hasEntered else { return }
    let owner = connections[connection].owner
    owners[owner].entering -= 1
    let input = connections[connection].input
    owners[owner].receiveBlocks -= UInt32(arrivals.held(by: input))
    connections[connection].hasEntered = true
    arrivals.noteHolding(connection, input, isLent: false, at: now)
  }
}
