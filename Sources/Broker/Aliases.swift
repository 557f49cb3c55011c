import Board
import Memory

/// Topic Aliases: a table for each connection that uses any, the Client's first, then ours.
/// [3.3.2.3.4]
struct Aliases: ~Copyable {
  private let anchor = Anchor()
  private(set) var tables: Pool<AliasTable>
  private var texts: SlotTable<Chain>
  /// The most that either side may set.
  let most: Int

  init(_ limits: Limits, in region: inout Region) {
    tables = Pool("topic aliases", capacity: limits.aliasTables, in: &region)
    texts = SlotTable(
      "topic alias texts", count: limits.aliasTables * limits.topicAliases * 2, in: &region)
    most = limits.topicAliases
  }

  /// The text of an alias.
  subscript(place: Int) -> Chain { texts[place] }

  /// Gives an alias another text, and counts its blocks for the table.
  mutating func set(
    _ text: Span<UInt8>, at place: Int, of table: Handle<AliasTable>,
    in chains: inout ByteChains
  ) {
    tables[table].blocks -= UInt32(chains.blockCount(of: texts[place]))
    chains.release(&texts[place])
    let isKept = chains.append(text, to: &texts[place])
    precondition(isKept)  // whoever sets it has seen that there is room
    tables[table].blocks += UInt32(chains.blockCount(of: texts[place]))
  }

  /// Text blocks that the aliases of a table hold.
  func blocks(of table: Handle<AliasTable>) -> Int {
    table.isNull ? 0 : Int(tables[table].blocks)
  }

  /// Gives a connection a table if it has none and there is one.
  mutating func claim(for connection: inout Connection) {
    guard connection.aliases.isNull else { return }
    connection.aliases = tables.claim(AliasTable()) ?? .null
  }

  /// Takes the table of a connection back, and its texts.
  mutating func release(of connection: inout Connection, texts chains: inout ByteChains) {
    let table = connection.aliases
    guard !table.isNull else { return }
    for place in inbound(table)..<inbound(table) + 2 * most { chains.release(&texts[place]) }
    tables.release(table)
    connection.aliases = .null
  }

  /// How many aliases we have set towards the Client.
  func assigned(of table: Handle<AliasTable>) -> Int { Int(tables[table].assigned) }

  mutating func countAssigned(of table: Handle<AliasTable>) { tables[table].assigned += 1 }

  /// The place of an alias that the Client may have set; nil when there can be none.
  func placeOfInbound(_ alias: UInt16, of connection: Connection) -> Int? {
    guard !connection.aliases.isNull, alias > 0 && Int(alias) <= most else { return nil }
    return inbound(connection.aliases) + Int(alias) - 1
  }

  /// The place of one of ours, counted from zero.
  func placeOfOutbound(_ number: Int, of table: Handle<AliasTable>) -> Int {
    inbound(table) + most + number
  }

  private func inbound(_ table: Handle<AliasTable>) -> Int { table.index * most * 2 }
}

/// The Topic Aliases of one connection. [3.3.2.3.4]
struct AliasTable: BitwiseCopyable {
  /// How many of them we have set; they are numbered from one.
  var assigned: UInt32 = 0
  /// Text blocks that all of them hold.
  var blocks: UInt32 = 0
}

/// The Topic Alias of a message on its way to a Client.
struct OutgoingAlias: BitwiseCopyable {
  /// Zero for none.
  let number: UInt16
  /// The Client knows what it stands for: the name is left out.
  let isKnown: Bool

  /// The packet sets it.
  var isNew: Bool { number != 0 && !isKnown }

  static var none: OutgoingAlias { OutgoingAlias(number: 0, isKnown: false) }
}
