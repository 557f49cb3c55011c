import Memory
import MQTT
import Messages

/// What a walk over retained messages has come to.
package enum RetainedStep: BitwiseCopyable {
  /// A message that matches; it is found again until the walk goes past it.
  case message(Handle<RetainedMessage>)
  /// The work is spent.
  case paused
  case ended
}

// A walk goes down the levels that fit a filter, and looks on each at those messages alone whose
// last level fits. What it has found is compared in full: levels have no text.
//
// Whatever stands next to something in a list came before it. So a walk that goes forward meets each
// message that was there all the time, none twice, and of those that come meanwhile some.
extension RetainedIndex {
  /// Goes on to the next message that matches `filter`, which is the same for the whole walk.
  ///
  /// - Parameter name: where the topic of that message is, from the front.
  package mutating func next(
    of walk: inout RetainedWalk, along filter: Span<UInt8>, now: Instant,
    messages: borrowing MessageStore, name: inout Buffer, work: inout Work
  ) -> RetainedStep {
    let before = walk
    let step = goOn(&walk, filter, now, messages, &name, &work)
    hold(walk)
    letGo(before)
    return step
  }

  /// Ends a walk wherever it stands; the next one with it begins anew.
  package mutating func end(_ walk: inout RetainedWalk) {
    let before = walk
    walk = RetainedWalk()
    letGo(before)
  }

  /// Whether a walk has still to come to a message that its filter matches.
  package func isAhead(_ slot: Handle<RetainedMessage>, of walk: RetainedWalk) -> Bool {
    switch walk.stage {
    case .start: return true
    case .end: return false
    case .only: return walk.message == slot && !walk.isPast
    case .level, .alone, .among, .below, .beside: break
    }
    let level = retained[slot].level
    guard level == walk.level else {
      return levels.isAhead(level, of: walk.level, isDone: walk.stage == .beside)
    }
    if walk.stage == .level { return true }
    if walk.message == slot { return !walk.isPast }
    return walk.stage == .among
      && isOlder(retained[slot].serial, than: retained[walk.message].serial)
  }

  // What is published while retained messages are sent for a subscription must not come before the
  // older one of its topic. So that goes first, before its turn, and is passed over when that comes.

  /// Says that all subscriptions up to this number have been sent a message before its turn.
  package mutating func overtake(_ slot: Handle<RetainedMessage>, by number: UInt32) {
    retained[slot].overtaken = number
  }

  /// Whether a message has been sent for the subscription of this number before its turn.
  package func isOvertaken(_ slot: Handle<RetainedMessage>, by number: UInt32) -> Bool {
    retained[slot].overtaken >= number
  }

  /// Forgets what was sent before its turn: the numbers begin anew.
  package mutating func forgetOvertaken() {
    for place in 0..<retained.endIndex {
      if let slot = retained.handle(at: place) { retained[slot].overtaken = 0 }
    }
  }

  /// Keeps what a walk stands on.
  private mutating func hold(_ walk: RetainedWalk) {
    if !walk.message.isNull {
      retained[walk.message].walkers += 1
    } else if !walk.level.isNull {
      levels[walk.level].holders += 1
    }
  }

  private mutating func letGo(_ walk: RetainedWalk) {
    if !walk.message.isNull {
      retained[walk.message].walkers -= 1
      releaseIfRemoved(walk.message)
    } else if !walk.level.isNull {
      levels.drop(walk.level)
    }
  }

  private func goOn(
    _ walk: inout RetainedWalk, _ filter: Span<UInt8>, _ now: Instant,
    _ messages: borrowing MessageStore, _ name: inout Buffer, _ work: inout Work
  ) -> RetainedStep {
    while !work.isSpent {
      work.pay()
      switch walk.stage {
      case .start: start(&walk, filter, messages, &work)
      case .level: enterLevel(&walk, filter, &work)
      case .only, .alone, .among:
        if !walk.isPast && isMatch(walk.message, filter, now, messages, &name, &work) {
          return .message(walk.message)
        }
        goPast(&walk)
      case .below: goDown(&walk, filter, walk.wanted(in: filter))
      case .beside: goBeside(&walk, filter)
      case .end: return .ended
      }
    }
    return .paused
  }

  /// Where there are no wildcards, there is one message at most, and no need to look for levels.
  private func start(
    _ walk: inout RetainedWalk, _ filter: Span<UInt8>, _ messages: borrowing MessageStore,
    _ work: inout Work
  ) {
    work.pay(filter.count / 64)
    walk.stage = .end
    if TopicName.isValid(filter) {
      if let slot = find(filter, messages) { walk.stand(before: slot, .only) }
    } else if let root = levels.root(of: filter) {
      walk.level = root
      walk.stage = .level
    }
  }

  /// Looks for the messages on the level that may fit the filter's next one, or else further.
  private func enterLevel(
    _ walk: inout RetainedWalk, _ filter: Span<UInt8>, _ work: inout Work
  ) {
    let wanted = walk.wanted(in: filter)
    work.pay(wanted.count / 64)
    // Messages on the deepest levels have more than one level of their own.
    if wanted.isRest || wanted.isAny && wanted.mayBeLast || Int(walk.depth) == levels.deepest {
      standBeforeAll(&walk)
    } else if !wanted.isAny && wanted.mayBeLast {
      standBeforeOne(&walk, wanted.in(filter))
    }
    if walk.message.isNull { goDown(&walk, filter, wanted) }
  }

  private func standBeforeAll(_ walk: inout RetainedWalk) {
    let first = levels[walk.level].firstMessage
    if !first.isNull { walk.stand(before: first, .among) }
  }

  /// Stands before the message whose last level is `text`; should there be several of that hash,
  /// before all on the level.
  private func standBeforeOne(_ walk: inout RetainedWalk, _ text: Span<UInt8>) {
    var slot = index.first(levels.hash(text, below: walk.level))
    while let candidate = slot {
      if let message = retained.handle(at: candidate), retained[message].level == walk.level {
        guard walk.message.isNull else { return standBeforeAll(&walk) }
        walk.stand(before: message, .alone)
      }
      slot = index.next(candidate)
    }
  }

  private func isMatch(
    _ slot: Handle<RetainedMessage>, _ filter: Span<UInt8>, _ now: Instant,
    _ messages: borrowing MessageStore, _ name: inout Buffer, _ work: inout Work
  ) -> Bool {
    let message = retained[slot].message
    guard !message.isNull && retained[slot].expiry > now else { return false }
    let count = messages.copyTopic(of: message, to: &name)
    work.pay((count + filter.count) / 64)
    return TopicFilter.matches(filter: filter, name: name.bytes(0..<count))
  }

  private func goPast(_ walk: inout RetainedWalk) {
    let next = walk.stage == .among ? retained[walk.message].next : .null
    if walk.stage == .only {
      walk.finish()
    } else if next.isNull {
      walk.leaveMessages()
    } else {
      walk.stand(before: next, .among)
    }
  }

  /// Goes to the first level below that fits the filter, or else beside.
  private func goDown(
    _ walk: inout RetainedWalk, _ filter: Span<UInt8>, _ wanted: FilterLevel
  ) {
    var child: Handle<RetainedLevel>?
    if wanted.isRest || wanted.isAny && !wanted.isLast {
      child = levels[walk.level].firstLevel
    } else if !wanted.isLast {
      child = levels.level(wanted.in(filter), below: walk.level)
    }
    guard let child, !child.isNull else { return goBeside(&walk, filter) }
    walk.descend(to: child, by: wanted)
  }

  /// Goes from a level to the next one beside it, if that fits the filter too, or else up.
  private func goBeside(_ walk: inout RetainedWalk, _ filter: Span<UInt8>) {
    let level = levels[walk.level]
    if !level.next.isNull && walk.fitsNeighbours(in: filter) {
      walk.level = level.next
      walk.stage = .level
    } else if level.parent.isNull {
      walk.finish()
    } else {
      walk.ascend(to: level.parent, in: filter)
    }
  }
}
