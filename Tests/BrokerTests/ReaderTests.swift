import Testing

@testable import Broker

@Test(arguments: [0, 60])
func whoTakesNothingOfWhatItIsSentIsClosed(keepAlive: Int) {
  let world = World(World.policy { $0.writeTimeout = 20_000 })
  let (deaf, sender) = (world.connect("deaf", keepAlive: keepAlive), world.connect("sender"))
  #expect(deaf.subscribe("t") == 0)
  deaf.isDeaf = true
  sender.publish("t", "not taken")
  world.pass(seconds: 19)
  #expect(deaf.isOpen && world.count(.readerTimedOut) == 0)
  world.pass(seconds: 1)
  #expect(!deaf.isOpen && world.count(.readerTimedOut) == 1)
  #expect(sender.isOpen)
}

@Test func whoTakesSomethingInTimeStays() {
  let world = World(World.policy { $0.writeTimeout = 20_000 })
  let (slow, sender) = (world.connect("slow"), world.connect("sender"))
  #expect(slow.subscribe("t") == 0)
  for _ in 0..<4 {
    slow.isDeaf = true
    sender.publish("t", "taken late")
    world.pass(seconds: 19)
    slow.isDeaf = false
    #expect(slow.texts() == ["taken late"])
  }
  world.pass(seconds: 100)
  #expect(slow.isOpen && world.count(.readerTimedOut) == 0)
}
