import Support
import Testing

@testable import Memory

@Suite struct WorkTests {
  @Test("It is spent when as much is paid as there was, and knows what more was paid") func paying()
  {
    var work = Work(3)
    #expect(!work.isSpent && work.left == 3 && work.paid == 0)
    work.pay()
    work.pay(0)
    #expect(!work.isSpent && work.left == 2 && work.paid == 1)
    work.pay(5)
    #expect(work.isSpent && work.left == -3 && work.paid == 6)
  }

  @Test("Of nothing, and of less, there is nothing to be had") func nothing() {
    for units in [0, -4] {
      let work = Work(units)
      #expect(work.isSpent && work.paid == 0)
      let share = work.share(atMost: 10)
      #expect(share.isSpent && share.left == 0)
    }
  }

  @Test("What is paid out of parts is paid, however it is shared out", arguments: 0..<20)
  func parts(seed: Int) {
    var random = Random(seed: UInt64(seed))
    var work = Work(1000)
    var (left, paid) = (1000, 0)
    while !work.isSpent {
      let most = random.below(100)
      var share = work.share(atMost: most)
      #expect(share.left == min(most, left) && share.paid == 0)
      while !share.isSpent && !random.oneIn(4) {
        let units = random.below(20)
        share.pay(units)
        paid += units
        left -= units
      }
      work.settle(share)
      #expect(work.paid == paid && work.left == left)
      if random.oneIn(10) {
        work.pay(7)
        (paid, left) = (paid + 7, left - 7)
      }
    }
    // No step was larger than twenty.
    #expect(work.paid < 1000 + 20)
  }
}
