// What is asked of connections: when they end, how, and what their clients are told.
extension Oracle {
  /// The server has sent something: was that all it had?
  func noteFlow(of view: ConnectionView) {
    view.lastFlowAt = now
    guard !view.wire.isBlocked && view.fromServer.isAtBoundary else { return }
    view.cleanAt = now
    view.cleanStep = step
  }

  /// A client that keeps the protocol is not told that it broke it.
  func checkDisconnect(_ packet: Packet, on view: ConnectionView) {
    switch packet.reason {
    case 0x8B where isStopping: break
    case 0x8E, 0x97: break
    case 0x87 where view.mayGo: break
    case 0x8D: checkKeepAlive(of: view)
    default:
      fail("wire \(view.wire.number) was sent away with \(String(packet.reason, radix: 16))")
    }
  }

  /// Nobody is sent away before one and a half times the Keep Alive. [MQTT-3.1.2-24]
  private func checkKeepAlive(of view: ConnectionView) {
    let keepAlive = UInt64(view.connect?.keepAlive ?? 0)
    if keepAlive == 0 || now < view.lastHeardAt + keepAlive * 1500 {
      fail(
        "wire \(view.wire.number) was sent away \(now - view.lastHeardAt) ms after its last packet,"
          + " with a Keep Alive of \(keepAlive) s")
    }
  }

  /// What must be true of every connection whenever the server has done its turn.
  func checkConnections() {
    excuseThoseInFlow()
    for view in openViews {
      if !view.releases.isEmpty { checkReleases(of: view) }
      if view.wire.isBlocked && !view.wire.watchesWritable {
        fail("wire \(view.wire.number) is blocked, and nobody waits until it takes more")
      }
      if isHeldUp(view) {
        view.quietSince = now
        view.wasHeldUp = true
        if !view.pubacks.isEmpty || !view.pubrecs.isEmpty { checkWait(of: view) }
        continue
      }
      // What held it up did so until this turn, and the clock may have jumped before that.
      if view.wasHeldUp { view.quietSince = now }
      view.wasHeldUp = false
      let keepAlive = UInt64(view.connect?.keepAlive ?? 0)
      guard view.isAccepted, keepAlive > 0 else { continue }
      // What was read before the clock jumped may have been looked at, and answered, only now.
      let last = max(view.lastHeardAt, view.lastAnsweredAt, view.quietSince)
      if now >= last + keepAlive * 1500 + 1 {
        fail("wire \(view.wire.number) outlives its Keep Alive of \(keepAlive) s")
      }
    }
    checkSessions()
  }

  /// What was read just before the clock jumped may wait unseen for what was sent to leave, and is
  /// looked at after the jump.
  private func excuseThoseInFlow() {
    guard let world, world.jumps != seenJumps else { return }
    seenJumps = world.jumps
    for view in openViews
    where max(view.lastHeardAt, view.lastFlowAt) + 1000 > world.jumpedFrom {
      view.quietSince = now
    }
  }

  /// Whether something may keep the server from reading the connection.
  private func isHeldUp(_ view: ConnectionView) -> Bool {
    view.wire.isBlocked || !view.wire.watchesReadable || view.wire.hasUnread
      || !view.pubacks.isEmpty || !view.pubrecs.isEmpty || !view.pubcomps.isEmpty
      || !view.subacks.isEmpty || !view.unsubacks.isEmpty || !view.pings.isEmpty
      || !view.fromClient.isAtBoundary
  }

  /// Each PUBREL that was sent before is sent again at once, whatever else is under way.
  /// [MQTT-4.4.0-1] [MQTT-3.3.4-10]
  private func checkReleases(of view: ConnectionView) {
    guard isRoomy, view.session?.view === view, view.wasNeverBlocked, !view.isOver,
      view.signedAt == nil
    else { return }
    fail("PUBREL \(view.releases.sorted()) not sent again on wire \(view.wire.number)")
  }

  /// A publisher that finds no room is sent away after a while.
  private func checkWait(of view: ConnectionView) {
    // Behind a Payload that waits for blocks its own answers wait too.
    guard !view.wire.isBlocked, view.wasNeverBlocked, view.fromServer.isAtBoundary else { return }
    let since = max(view.lastHeardAt, view.lastAnsweredAt)
    if now > since + queueFullWait + 1000 {
      fail("wire \(view.wire.number) waits for room since \(now - since) ms")
    }
  }

  /// A session has one connection.
  private func checkSessions() {
    for view in openViews where view.isAccepted && !view.isOver {
      guard let other = view.session?.view, other !== view else { continue }
      fail("\(view.session?.clientIdentifier ?? "") keeps wire \(view.wire.number)")
    }
  }

  /// A connection was closed: what is certain of its end?
  func settleEnd(of view: ConnectionView) {
    guard let session = view.session else { return }
    noteUnseen(of: view, session)
    checkTakeOver(of: view, session)
    guard hasProcessedDisconnect(view), let packet = view.disconnect else { return }
    if packet.reason == 0 { view.will?.isDiscarded = true }
    if let expiry = packet.number(PropertyName.sessionExpiry), session.view === view {
      session.shortestExpiry = min(UInt64(expiry) * 1000, expiryLimit)
      session.longestExpiry = session.shortestExpiry
    }
  }

  /// What the server has sent of a connection that ends may not all have been seen.
  func noteUnseen(of view: ConnectionView, _ session: ModelSession) {
    if !view.fromServer.isAtBoundary || view.wire.isBlocked || view.isLost {
      session.mayHaveSentUnseen = true
    }
  }

  /// Whether the server has certainly done what the DISCONNECT asks for: it closed the connection
  /// in the turn in which it read it, and had no other reason to. One that it does not want to read on
  /// waits with what came before, and may be found broken then. And a 3.x client is sent away for a
  /// message before it that cannot be taken.
  func hasProcessedDisconnect(_ view: ConnectionView, reason: UInt8? = nil) -> Bool {
    guard let packet = view.disconnect, view.disconnectTurn == world?.turn, !view.isLost,
      view.wire.watchesReadable, !view.isOver, !hasOpenConnect(view.session, besides: view),
      isRoomy || view.version == 5 || view.pubacks.isEmpty && view.pubrecs.isEmpty
    else { return false }
    return reason == nil || packet.reason == reason
  }

  /// A 5.0 client whose session another connection takes over is told so. [MQTT-3.1.4-3]
  private func checkTakeOver(of view: ConnectionView, _ session: ModelSession) {
    guard isRoomy, view.version == 5, view.isAccepted, !view.isOver, !view.isLost,
      !view.isDisconnectRead, view.wasNeverBlocked, view.fromServer.isAtBoundary,
      hasOpenConnect(session, besides: view)
    else { return }
    fail("wire \(view.wire.number) was closed without a word")
  }

  /// The client came back before its Will was due: it is not published. [MQTT-3.1.2-26]
  func cancelWill(of session: ModelSession, by view: ConnectionView) {
    guard let last = session.view, view.connectNumber == last.connectNumber + 1,
      let will = last.will, let delay = last.connect?.will?.delay, delay > 0,
      now < (last.signedAt ?? now) + UInt64(delay) * 1000
    else { return }
    if sessions.values.contains(where: { $0.firstSent[will.number] != nil }) {
      fail("message \(will.number), a Will whose client came back in time")
    }
    will.isDiscarded = true
  }
}
