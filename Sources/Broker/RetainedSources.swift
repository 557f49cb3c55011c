import Board
import Memory

/// Who retained the message at each position.
struct RetainedSources: ~Copyable {
  private let anchor = Anchor()
  /// The names of the publisher; empty where they are not known.
  private(set) var names: SlotTable<Chain>
  /// How many are known.
  private(set) var count = 0
  private var charges: SlotTable<Charge>

  /// For whom a message counts, and how much.
  private struct Charge: BitwiseCopyable {
    var owner = Handle<Owner>.null
    var blocks: UInt32 = 0
    var levels: UInt32 = 0
  }

  init(_ limits: Limits, in region: inout Region) {
    names = SlotTable("retained sources", count: limits.retained, in: &region)
    charges = SlotTable("retained charges", count: limits.retained, in: &region)
  }

  /// Keeps the names of who retained a message.
  mutating func keep(_ chain: Chain, at position: Int) {
    names[position] = chain
    count += 1
  }

  /// Lets a message count for somebody; nobody has retained the one at that position yet.
  mutating func charge(
    _ owner: Handle<Owner>, blocks: Int, levels: Int, texts: Int, at position: Int,
    _ owners: inout Owners
  ) {
    guard !owner.isNull else { return }
    owners.retain(owner)
    charges[position] = Charge(owner: owner, blocks: UInt32(blocks), levels: UInt32(levels))
    owners[owner].retained += 1
    owners[owner].retainedLevels += UInt32(levels)
    owners[owner].retainedBlocks += UInt32(blocks)
    owners[owner].retainedTexts += UInt32(texts)
  }

  /// Forgets who retained the message at a position.
  mutating func forget(
    at position: Int, texts: inout ByteChains, _ owners: inout Owners
  ) {
    let held = texts.blockCount(of: names[position])
    if held > 0 {
      texts.release(&names[position])
      count -= 1
    }
    let charge = charges[position]
    guard !charge.owner.isNull else { return }
    charges[position] = Charge()
    owners[charge.owner].retained -= 1
    owners[charge.owner].retainedLevels -= charge.levels
    owners[charge.owner].retainedBlocks -= charge.blocks
    owners[charge.owner].retainedTexts -= UInt32(held)
    owners.release(charge.owner)
  }
}
