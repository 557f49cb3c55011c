/// A string of bytes in linked blocks of one `ByteChains`: in at the back, out at the front.
package struct Chain: BitwiseCopyable {
  /// One more than the number of the first block, or zero.
  var first: UInt32 = 0
  var last: UInt32 = 0
  /// Where the bytes begin in the first block, and end in the last one.
  var start: UInt16 = 0
  var end: UInt16 = 0
  private(set) var length: UInt32 = 0

  package init() {}

  /// How many bytes it holds.
  package var count: Int { Int(length) }
  package var isEmpty: Bool { length == 0 }

  mutating func setCount(_ count: Int) { length = UInt32(count) }
}

/// A place in a chain, for reading it piece by piece; good until the chain's front is dropped.
package struct ChainCursor: BitwiseCopyable {
  var block: UInt32
  var offset: UInt32

  package init(startOf chain: Chain) {
    block = chain.first
    offset = UInt32(chain.start)
  }
}

/// A pool of equal blocks in which strings of bytes of any length live as chains.
///
/// Full means that `append` returns `false` and changes nothing; the refusal is counted.
@safe package struct ByteChains: ~Copyable {
  private let anchor = Anchor()
  private let blocks: UnsafeMutablePointer<UInt8>
  /// The block after this one in its chain or in the free list; one more than its number.
  private let links: UnsafeMutablePointer<UInt32>
  private var firstFree: UInt32 = 0
  private var untouched = 0
  package let blockBytes: Int
  package private(set) var occupancy: Occupancy

  package init(_ name: StaticString, count: Int, blockBytes: Int, in region: inout Region) {
    region.begin(name, count: count)
    unsafe blocks = region.carve(byteCount: count * blockBytes, perSlot: blockBytes)
      .bindMemory(to: UInt8.self, capacity: count * blockBytes)
    unsafe links = region.carve(count, of: UInt32.self)
    precondition(blockBytes < 1 << 16)
    self.blockBytes = blockBytes
    occupancy = Occupancy(capacity: count)
  }

  /// How many blocks it takes to append `count` bytes to `chain`.
  package func blocksNeeded(toAppend count: Int, to chain: Chain) -> Int {
    let room = roomInLastBlock(of: chain)
    return count <= room ? 0 : (count - room + blockBytes - 1) / blockBytes
  }

  /// How many blocks the chain holds.
  package func blockCount(of chain: Chain) -> Int {
    chain.first == 0 ? 0 : (Int(chain.start) + chain.count + blockBytes - 1) / blockBytes
  }

  /// Appends all of `bytes`, or returns `false` and changes nothing when blocks are short.
  ///
  /// - Parameter reserve: how many blocks must stay free for others.
  package mutating func append(
    _ bytes: Span<UInt8>, to chain: inout Chain, leaving reserve: Int = 0
  ) -> Bool {
    let needed = blocksNeeded(toAppend: bytes.count, to: chain)
    guard needed == 0 || needed + reserve <= occupancy.free else {
      occupancy.refuse()
      return false
    }
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      unsafe store(base, count: source.count, to: &chain)
    }
    return true
  }

  /// Appends `count` bytes that `cursor` reads from a chain of another pool; all or nothing.
  package mutating func append(
    _ count: Int, from cursor: inout ChainCursor, of source: borrowing ByteChains,
    to chain: inout Chain, leaving reserve: Int = 0
  ) -> Bool {
    let needed = blocksNeeded(toAppend: count, to: chain)
    guard needed == 0 || needed + reserve <= occupancy.free else {
      occupancy.refuse()
      return false
    }
    var remaining = count
    while remaining > 0 {
      if cursor.offset == source.blockBytes { source.advance(&cursor) }
      let piece = min(remaining, source.blockBytes - Int(cursor.offset))
      unsafe store(source.address(of: cursor), count: piece, to: &chain)
      cursor.offset += UInt32(piece)
      remaining -= piece
    }
    return true
  }

  /// Appends all of `source` to `target`, block by block; `source` is empty then.
  ///
  /// It needs one free block at most, and does nothing when it would need one and none is free.
  package mutating func moveAll(of source: inout Chain, to target: inout Chain) {
    guard !target.isEmpty else {
      target = source
      source = Chain()
      return
    }
    while !source.isEmpty {
      let piece = min(source.count, blockBytes - Int(source.start))
      guard piece <= roomInLastBlock(of: target) || occupancy.free > 0 else { return }
      unsafe store(
        UnsafePointer(blocks + (Int(source.first) - 1) * blockBytes + Int(source.start)),
        count: piece, to: &target)
      removeFirst(piece, from: &source)
    }
  }

  /// Copies bytes from the cursor on into `target`, which it fills.
  package func read(_ cursor: inout ChainCursor, into target: inout MutableSpan<UInt8>) {
    unsafe target.withUnsafeMutableBufferPointer { buffer in
      guard var base = buffer.baseAddress else { return }
      var remaining = buffer.count
      while remaining > 0 {
        if cursor.offset == blockBytes { advance(&cursor) }
        let piece = min(remaining, blockBytes - Int(cursor.offset))
        unsafe UnsafeMutableRawPointer(base).copyMemory(from: address(of: cursor), byteCount: piece)
        unsafe base += piece
        cursor.offset += UInt32(piece)
        remaining -= piece
      }
    }
  }

  /// The bytes from the cursor to the end of its block, `count` at most and not none; moves the cursor
  /// behind them.
  @_lifetime(borrow self)
  package func next(_ cursor: inout ChainCursor, atMost count: Int) -> Span<UInt8> {
    if cursor.offset == blockBytes { advance(&cursor) }
    let piece = min(count, blockBytes - Int(cursor.offset))
    let start = unsafe address(of: cursor)
    cursor.offset += UInt32(piece)
    let span = unsafe Span(_unsafeStart: start, count: piece)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Overwrites the byte at the cursor, and moves the cursor behind it.
  package mutating func overwrite(_ cursor: inout ChainCursor, with byte: UInt8) {
    if cursor.offset == blockBytes { advance(&cursor) }
    unsafe blocks[(Int(cursor.block) - 1) * blockBytes + Int(cursor.offset)] = byte
    cursor.offset += 1
  }

  /// Moves the cursor over `count` bytes without reading them.
  package func skip(_ count: Int, with cursor: inout ChainCursor) {
    var remaining = count
    while remaining > 0 {
      if cursor.offset == blockBytes { advance(&cursor) }
      let piece = min(remaining, blockBytes - Int(cursor.offset))
      cursor.offset += UInt32(piece)
      remaining -= piece
    }
  }

  /// Drops `count` bytes at the front and gives the blocks they filled back.
  package mutating func removeFirst(_ count: Int, from chain: inout Chain) {
    precondition(count <= chain.count)
    if count == chain.count { return release(&chain) }
    var start = Int(chain.start) + count
    while start >= blockBytes {
      let block = chain.first
      chain.first = unsafe links[Int(block) - 1]
      free(block)
      start -= blockBytes
    }
    chain.start = UInt16(start)
    chain.setCount(chain.count - count)
  }

  /// Gives all blocks of the chain back; it is empty then.
  package mutating func release(_ chain: inout Chain) {
    var block = chain.first
    while block != 0 {
      let next = block == chain.last ? 0 : unsafe links[Int(block) - 1]
      free(block)
      block = next
    }
    chain = Chain()
  }

  /// Whether the chain holds exactly these bytes.
  package func equals(_ chain: Chain, _ bytes: Span<UInt8>) -> Bool {
    chain.count == bytes.count && startsWith(chain, bytes)
  }

  /// Whether the chain begins with these bytes.
  package func startsWith(_ chain: Chain, _ bytes: Span<UInt8>) -> Bool {
    guard chain.count >= bytes.count else { return false }
    var offset = 0
    forEachPiece(of: chain, atMost: Int.max) { piece in
      let count = min(piece.count, bytes.count - offset)
      guard hasSamePrefix(piece, bytes, from: offset, count: count) else { return false }
      offset += count
      return offset < bytes.count
    }
    return offset == bytes.count
  }

  /// Counts a claim that the owner turned away by a rule of its own.
  package mutating func refuse() { occupancy.refuse() }

  /// Calls `body` with the bytes, block by block, until it returns `false` or `limit` were passed.
  package func forEachPiece(
    of chain: Chain, atMost limit: Int, _ body: (Span<UInt8>) -> Bool
  ) {
    var block = chain.first
    var start = Int(chain.start)
    var remaining = chain.count
    var pieces = 0
    while remaining > 0 && pieces < limit {
      let count = min(remaining, blockBytes - start)
      let base = unsafe UnsafePointer(blocks + (Int(block) - 1) * blockBytes + start)
      guard unsafe body(Span(_unsafeStart: base, count: count)) else { return }
      remaining -= count
      start = 0
      pieces += 1
      block = unsafe links[Int(block) - 1]
    }
  }

  private func hasSamePrefix(
    _ piece: Span<UInt8>, _ bytes: Span<UInt8>, from offset: Int, count: Int
  ) -> Bool {
    for index in 0..<count where piece[index] != bytes[offset + index] { return false }
    return true
  }

  /// How many bytes can be appended without another block.
  package func roomInLastBlock(of chain: Chain) -> Int {
    chain.first == 0 ? 0 : blockBytes - Int(chain.end)
  }

  /// Appends bytes for which there are blocks enough.
  private mutating func store(
    _ source: UnsafePointer<UInt8>, count: Int, to chain: inout Chain
  ) {
    var source = unsafe source
    var remaining = count
    while remaining > 0 {
      let room = roomInLastBlock(of: chain)
      let space = room == 0 ? blockBytes : room
      if room == 0 { addBlock(to: &chain) }
      let piece = min(remaining, space)
      let target = unsafe blocks + Int(chain.last) * blockBytes - space
      unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: piece)
      unsafe source += piece
      remaining -= piece
      chain.end += UInt16(piece)
      chain.setCount(chain.count + piece)
    }
  }

  private mutating func addBlock(to chain: inout Chain) {
    let block = claimBlock()
    if chain.first == 0 {
      chain.first = block
    } else {
      unsafe links[Int(chain.last) - 1] = block
    }
    chain.last = block
    chain.end = 0
  }

  private mutating func claimBlock() -> UInt32 {
    occupancy.claim()
    if firstFree != 0 {
      let block = firstFree
      firstFree = unsafe links[Int(block) - 1]
      unsafe Sanitizer.allow(blocks + (Int(block) - 1) * blockBytes, blockBytes)
      return block
    }
    precondition(untouched < occupancy.capacity)
    untouched += 1
    return UInt32(untouched)
  }

  private mutating func free(_ block: UInt32) {
    unsafe links[Int(block) - 1] = firstFree
    firstFree = block
    unsafe Sanitizer.forbid(blocks + (Int(block) - 1) * blockBytes, blockBytes)
    occupancy.release()
  }

  private func advance(_ cursor: inout ChainCursor) {
    cursor.block = unsafe links[Int(cursor.block) - 1]
    cursor.offset = 0
  }

  private func address(of cursor: ChainCursor) -> UnsafePointer<UInt8> {
    unsafe UnsafePointer(blocks + (Int(cursor.block) - 1) * blockBytes + Int(cursor.offset))
  }
}
