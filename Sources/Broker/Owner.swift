import Memory
import Sessions

/// Somebody for whom several tables count what he holds of them: an address, or a user at one.
struct Owner: BitwiseCopyable {
  let key: UInt64
  /// How many things name it.
  var references: UInt32 = 0
  /// Connections from the address, and those of them that have not come in yet.
  var places: UInt32 = 0
  var entering: UInt32 = 0
  /// Receive blocks that those hold together.
  var receiveBlocks: UInt32 = 0
  /// Sessions of the user.
  var sessions: UInt32 = 0
  /// Messages that the user has retained, and the levels of their topics and the blocks that they take.
  var retained: UInt32 = 0
  var retainedLevels: UInt32 = 0
  var retainedBlocks: UInt32 = 0
  /// Text blocks for the names of who retained them.
  var retainedTexts: UInt32 = 0
  /// Sessions of the user that are away: the one that has been so longest, and the last.
  var firstAway: Handle<Session> = .null
  var lastAway: Handle<Session> = .null

  init(key: UInt64) { self.key = key }
}

/// All of them, found by a hash of who they are.
///
/// Full: those who come then are counted as one.
struct Owners: ~Copyable {
  private let anchor = Anchor()
  private var owners: Pool<Owner>
  private var index: HashIndex
  /// Who stands for those for whom there was no room; null while there are none.
  private var everybody: Handle<Owner> = .null
  /// Whose each session is, by its slot; null for nobody's.
  private var ownerOf: SlotTable<Handle<Owner>>
  /// The neighbours of each session that is away, by its slot.
  private var away: SlotTable<AwayLinks>

  private struct AwayLinks: BitwiseCopyable {
    var next: Handle<Session> = .null
    var previous: Handle<Session> = .null
    var isAway = false
  }

  init(count: Int, sessions: Int, in region: inout Region) {
    owners = Pool("owners", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    ownerOf = SlotTable("session owners", count: sessions, in: &region)
    away = SlotTable("sessions away", count: sessions, in: &region)
  }

  var occupancy: Occupancy { owners.occupancy }

  subscript(owner: Handle<Owner>) -> Owner {
    _read { yield owners[owner] }
    _modify { yield &owners[owner] }
  }

  /// The owner with this key, held once more; there always is one.
  mutating func hold(key: UInt64) -> Handle<Owner> {
    let owner = find(key) ?? add(key)
    owners[owner].references += 1
    return owner
  }

  /// Holds an owner once more.
  mutating func retain(_ owner: Handle<Owner>) { owners[owner].references += 1 }

  /// Gives an owner up that was held; with the last he is forgotten.
  mutating func release(_ owner: Handle<Owner>) {
    guard !owner.isNull else { return }
    owners[owner].references -= 1
    guard owners[owner].references == 0 else { return }
    if owner == everybody {
      everybody = .null
    } else {
      index.remove(owner.index, hash: UInt32(truncatingIfNeeded: owners[owner].key))
    }
    owners.release(owner)
  }

  private func find(_ key: UInt64) -> Handle<Owner>? {
    var slot = index.first(UInt32(truncatingIfNeeded: key))
    while let candidate = slot {
      if let owner = owners.handle(at: candidate), owners[owner].key == key { return owner }
      slot = index.next(candidate)
    }
    return nil
  }

  /// The last place is everybody's else, for as long as anybody has it; meanwhile what is given back
  /// is for those who come then.
  private mutating func add(_ key: UInt64) -> Handle<Owner> {
    if !everybody.isNull && owners.occupancy.free == 0 {
      owners.refuse()
      return everybody
    }
    guard let owner = owners.claim(Owner(key: key)) else {
      preconditionFailure("the last owner stands for all others")
    }
    if owners.occupancy.free == 0 && everybody.isNull {
      everybody = owner
    } else {
      index.insert(owner.index, hash: UInt32(truncatingIfNeeded: key))
    }
    return owner
  }

  // MARK: Sessions that are away

  /// Whose a session is; null for nobody's.
  func owner(of session: Handle<Session>) -> Handle<Owner> { ownerOf[session.index] }

  /// Says whose a session is from now on.
  mutating func setOwner(of session: Handle<Session>, to owner: Handle<Owner>) {
    ownerOf[session.index] = owner
  }

  /// Remembers that a session is away, behind those of its owner that are so longer.
  mutating func leave(_ session: Handle<Session>) {
    let owner = ownerOf[session.index]
    guard !owner.isNull, !away[session.index].isAway else { return }
    let last = owners[owner].lastAway
    away[session.index] = AwayLinks(previous: last, isAway: true)
    if last.isNull {
      owners[owner].firstAway = session
    } else {
      away[last.index].next = session
    }
    owners[owner].lastAway = session
  }

  /// Remembers that a session is back, or gone.
  mutating func comeBack(_ session: Handle<Session>) {
    let owner = ownerOf[session.index]
    let links = away[session.index]
    guard links.isAway else { return }
    if links.previous.isNull {
      owners[owner].firstAway = links.next
    } else {
      away[links.previous.index].next = links.next
    }
    if links.next.isNull {
      owners[owner].lastAway = links.previous
    } else {
      away[links.next.index].previous = links.previous
    }
    away[session.index] = AwayLinks()
  }

  /// The session that went away next after another one of the same owner.
  func nextAway(after session: Handle<Session>) -> Handle<Session> { away[session.index].next }
}
