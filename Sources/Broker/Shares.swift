import Board
import Memory

/// How each table that clients fill is shared by them.
struct Shares: BitwiseCopyable {
  let sendBlocks: Share

  init(_ limits: Limits, places: Int) {
    sendBlocks = Share(
      capacity: limits.sendBlocks, freely: limits.sendBlocks / 2, kept: 0, part: 1)
  }
}
