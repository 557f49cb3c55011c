import Support
import Testing

@testable import Memory

private func chains(_ count: Int, _ blockBytes: Int) -> ByteChains {
  carved { ByteChains("test", count: count, blockBytes: blockBytes, in: &$0) }
}

/// Chains of one pool beside the arrays that they should equal.
private struct Model: ~Copyable {
  var pool: ByteChains
  let other: ByteChains
  let source: (chain: Chain, bytes: [UInt8])
  var chains = [Chain](repeating: Chain(), count: 3)
  var arrays = [[UInt8]](repeating: [], count: 3)
  var random: Random

  init(blocks: Int, blockBytes: Int, otherBlockBytes: Int) {
    random = Random(seed: UInt64(blocks * 1000 + blockBytes))
    pool = BlockPool.make(blocks, blockBytes)
    var other = BlockPool.make(200, otherBlockBytes)
    let bytes = random.bytes(200)
    var chain = Chain()
    let isKept = other.append(bytes.span, to: &chain)
    precondition(isKept)
    self.other = other
    source = (chain, bytes)
  }

  mutating func step() {
    let one = random.below(3)
    switch random.below(6) {
    case 0, 1: append(to: one)
    case 2: appendFromOther(to: one)
    case 3: removeFirst(from: one)
    case 4: move(one, (one + 1) % 3)
    default: if random.oneIn(4) { release(one) }
    }
    check(one)
  }

  private mutating func append(to one: Int) {
    let bytes = random.bytes(random.below(30))
    let reserve = random.oneIn(3) ? random.below(4) : 0
    let needed = pool.blocksNeeded(toAppend: bytes.count, to: chains[one])
    let fits = needed == 0 || needed + reserve <= pool.occupancy.free
    let (used, refused) = (pool.occupancy.used, pool.occupancy.refused)
    let isAppended = pool.append(bytes.span, to: &chains[one], leaving: reserve)
    #expect(isAppended == fits)
    if isAppended { arrays[one] += bytes }
    let (usedNow, refusedNow) = (pool.occupancy.used, pool.occupancy.refused)
    #expect(usedNow == used + (fits ? needed : 0) && refusedNow == refused + (fits ? 0 : 1))
  }

  private mutating func appendFromOther(to one: Int) {
    let start = random.below(source.bytes.count)
    let count = random.below(min(40, source.bytes.count - start) + 1)
    var cursor = ChainCursor(startOf: source.chain)
    other.skip(start, with: &cursor)
    let fits = pool.blocksNeeded(toAppend: count, to: chains[one]) <= pool.occupancy.free
    let isAppended = pool.append(count, from: &cursor, of: other, to: &chains[one])
    #expect(isAppended == fits)
    if isAppended { arrays[one] += source.bytes[start..<start + count] }
  }

  private mutating func removeFirst(from one: Int) {
    let count = random.below(arrays[one].count + 1)
    pool.removeFirst(count, from: &chains[one])
    arrays[one].removeFirst(count)
  }

  private mutating func move(_ one: Int, _ two: Int) {
    let bytes = arrays[two] + arrays[one]
    var (source, target) = (chains[one], chains[two])
    pool.moveAll(of: &source, to: &target)
    (chains[one], chains[two]) = (source, target)
    let moved = arrays[one].count - chains[one].count
    // Whatever was moved, no byte is lost and the order is kept.
    arrays[one].removeFirst(moved)
    arrays[two] = Array(bytes[0..<arrays[two].count + moved])
    let isFree = pool.occupancy.free > 0
    #expect(!isFree || arrays[one].isEmpty)
    check(two)
  }

  private mutating func release(_ one: Int) {
    pool.release(&chains[one])
    arrays[one] = []
  }

  private mutating func check(_ one: Int) {
    let (chain, array) = (chains[one], arrays[one])
    #expect(chain.count == array.count && chain.isEmpty == array.isEmpty)
    let bytes = Array(copying: chain, of: pool)
    #expect(bytes == array)
    let equals = pool.equals(chain, array.span)
    #expect(equals)
    let prefix = Array(array.prefix(random.below(array.count + 1)))
    let startsWith = pool.startsWith(chain, prefix.span)
    #expect(startsWith)
    let longer = array + [0]
    let startsWithLonger = pool.startsWith(chain, longer.span)
    #expect(!startsWithLonger)
    if !prefix.isEmpty {
      var wrong = prefix
      wrong[random.below(wrong.count)] ^= 1
      let startsWrong = pool.startsWith(chain, wrong.span)
      #expect(!startsWrong)
    }
    let blocks = chains.map { pool.blockCount(of: $0) }.reduce(0, +)
    let used = pool.occupancy.used
    #expect(used == blocks)
    readInPieces(one)
  }

  private mutating func readInPieces(_ one: Int) {
    var cursor = ChainCursor(startOf: chains[one])
    var position = 0
    while position < arrays[one].count {
      let left = arrays[one].count - position
      let count = 1 + random.below(left)
      if random.oneIn(3) {
        pool.skip(count, with: &cursor)
      } else {
        var piece = [UInt8](repeating: 0, count: count)
        var span = piece.mutableSpan
        pool.read(&cursor, into: &span)
        let isSame = piece[...] == arrays[one][position..<position + count]
        #expect(isSame)
      }
      position += count
    }
  }

  mutating func releaseAll() {
    for one in 0..<3 { release(one) }
    let used = pool.occupancy.used
    #expect(used == 0)
  }
}

private enum BlockPool {
  static func make(_ count: Int, _ blockBytes: Int) -> ByteChains { chains(count, blockBytes) }
}

@Test(arguments: [1, 2, 3, 7, 128], [3, 20])
func chainsAnswerAsArraysDo(blockBytes: Int, blocks: Int) {
  var model = Model(blocks: blocks, blockBytes: blockBytes, otherBlockBytes: 128 / blockBytes + 1)
  for _ in 0..<500 { model.step() }
  model.releaseAll()
}

@Test func anAppendThatDoesNotFitChangesNothing() {
  var pool = chains(2, 4)
  var chain = Chain()
  let isKept = pool.append("abcde".bytes.span, to: &chain)
  let isAppended = pool.append("fghi".bytes.span, to: &chain)
  let bytes = Array(copying: chain, of: pool)
  let fits = pool.append("fgh".bytes.span, to: &chain)
  #expect(isKept && !isAppended && bytes == "abcde".bytes && fits)
}

@Test func theReserveIsForOthersBlocksAndNotForBytesOfABlockAtHand() {
  var pool = chains(2, 4)
  var chain = Chain()
  let isFirst = pool.append("a".bytes.span, to: &chain, leaving: 2)
  let isSecond = pool.append("a".bytes.span, to: &chain, leaving: 1)
  let isThird = pool.append("bcd".bytes.span, to: &chain, leaving: 99)
  #expect(!isFirst && isSecond && isThird)
}

@Test func anEmptyAppendTakesNoBlock() {
  var pool = chains(1, 4)
  var chain = Chain()
  let isAppended = pool.append([UInt8]().span, to: &chain)
  let used = pool.occupancy.used
  #expect(isAppended && chain.isEmpty && used == 0)
}

@Test func movingToAnEmptyChainNeedsNoBlock() {
  var pool = chains(1, 4)
  var (source, target) = (Chain(), Chain())
  let isAppended = pool.append("abc".bytes.span, to: &source)
  pool.moveAll(of: &source, to: &target)
  let bytes = Array(copying: target, of: pool)
  #expect(isAppended && source.isEmpty && bytes == "abc".bytes)
}

@Test func aWalkStopsWhereItIsToldTo() {
  var pool = chains(4, 2)
  var chain = Chain()
  let isAppended = pool.append("abcdefg".bytes.span, to: &chain)
  var pieces: [[UInt8]] = []
  pool.forEachPiece(of: chain, atMost: 3) { piece in
    pieces.append(Array(copying: piece))
    return true
  }
  #expect(isAppended && pieces == ["ab".bytes, "cd".bytes, "ef".bytes])
  pieces = []
  pool.forEachPiece(of: chain, atMost: 3) { piece in
    pieces.append(Array(copying: piece))
    return false
  }
  #expect(pieces == ["ab".bytes])
}

@Test func moreThanThereIsIsNotRemoved() async {
  await #expect(processExitsWith: .failure) {
    var pool: ByteChains = carved { ByteChains("test", count: 1, blockBytes: 4, in: &$0) }
    var chain = Chain()
    _ = pool.append([1, 2].span, to: &chain)
    pool.removeFirst(3, from: &chain)
  }
}
