import MQTT
import Memory

// Who is to be sent a message.
extension SubscriptionIndex {
  /// Collects who is to be sent a message on `topic`, whoever has a filter that matches and nobody
  /// else; false when there was not enough work or room for that, and it has to go the slow way.
  /// [MQTT-3.3.2-3] [MQTT3-3.3.2-3]
  ///
  /// A session comes once, whatever number of its subscriptions match, or once for each of them, as
  /// `mergesOverlapping` says; a group of a Shared Subscription comes once for itself.
  ///
  /// - Parameter publisher: the slot of the publishing session, for No Local; nil for the Server.
  package mutating func match(
    _ topic: Span<UInt8>, from publisher: Int?, texts: borrowing ByteChains, _ work: inout Work
  ) -> Bool {
    quick.begin(topic)
    defer { quick.end() }
    let progress = quick.advance(
      topic, from: publisher, tree: tree, subscriptions: subscriptions, groups: groups,
      subscribers: subscribers, texts: texts, &work)
    return progress == .complete
  }

  /// Begins to collect them over several turns, one name at a time.
  ///
  /// - Parameter group: the one that it is for alone, so that nobody else has to be found; null for all.
  package mutating func beginSlowMatch(
    _ topic: Span<UInt8>, for group: Handle<SharedGroup> = .null
  ) {
    slow.begin(topic)
    guard !group.isNull, groups.contains(group) else { return }
    let turn = groups[group].turn
    slow.collect(Match(of: turn, subscriptions[turn]))
  }

  /// Goes on to collect them, as far as work goes.
  package mutating func continueSlowMatch(
    _ topic: Span<UInt8>, from publisher: Int?, texts: borrowing ByteChains, _ work: inout Work
  ) -> MatchProgress {
    slow.advance(
      topic, from: publisher, tree: tree, subscriptions: subscriptions, groups: groups,
      subscribers: subscribers, texts: texts, &work)
  }

  /// Says that all who were collected over several turns have been sent the message.
  package mutating func endSlowMatch() { slow.end() }

  /// How many matches there are.
  package func matchCount(in lane: Lane) -> Int { lane == .quick ? quick.count : slow.count }

  /// One of the matches; it is void when its session or its last subscription has ended since.
  package func match(at place: Int, in lane: Lane) -> Match {
    lane == .quick ? quick[place] : slow[place]
  }

  /// Puts a match in place of another.
  mutating func setMatch(_ match: Match, at place: Int, in lane: Lane) {
    if lane == .quick { quick[place] = match } else { slow[place] = match }
  }

  /// Says that nobody gets the copy of a match, or may have it.
  package mutating func void(at place: Int, in lane: Lane) {
    var match = match(at: place, in: lane)
    match.isVoid = true
    setMatch(match, at: place, in: lane)
  }

  /// Whether anybody has subscribed to the topic, whether or not he gets the message.
  package func hasSubscribers(in lane: Lane) -> Bool {
    lane == .quick ? quick.hasSubscribers : slow.hasSubscribers
  }

  /// Whether any group of a Shared Subscription is among the matches.
  package func hasGroups(in lane: Lane) -> Bool {
    lane == .quick ? quick.hasGroups : slow.hasGroups
  }

  /// A cursor before the first Subscription Identifier of a match. [3.3.2.3.8]
  package func identifiers(of match: Match, in lane: Lane) -> IdentifierCursor {
    IdentifierCursor(
      place: UInt32(match.subscription.index + 1), isMerged: match.isMerged, lane: lane)
  }

  /// The next Subscription Identifier; nil when there is none left.
  package func nextIdentifier(_ cursor: inout IdentifierCursor) -> UInt32? {
    while cursor.place > 0 {
      let slot = Int(cursor.place) - 1
      cursor.place = cursor.isMerged ? other(than: slot, in: cursor.lane) : 0
      let hasEnded = cursor.lane == .slow && slow.hasEnded(slot)
      if !hasEnded, let handle = subscriptions.handle(at: slot),
        subscriptions[handle].identifier != 0
      {
        return subscriptions[handle].identifier
      }
    }
    return nil
  }

  private func other(than slot: Int, in lane: Lane) -> UInt32 {
    lane == .quick ? quick.other(than: slot) : slow.other(than: slot)
  }

  /// Lets the numbers by which names are told apart begin anew soon, for tests.
  package mutating func windUp() {
    quick.windUp()
    slow.windUp()
  }
}
