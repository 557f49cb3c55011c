import Testing

@testable import Access

private func mayPublish(_ topic: String) -> Bool {
  let bytes = Array(topic.utf8)
  return Access().mayPublish(topic: bytes.span)
}

@Test func anonymityAloneDecidesWhoConnects() {
  let name = Array("alice".utf8)
  for isAllowed in [true, false] {
    let wanted = isAllowed ? Decision.allowed : .notAuthorized
    let decisions = [
      Access().mayConnect(userName: nil, password: nil, isAnonymousAllowed: isAllowed),
      Access().mayConnect(
        userName: name.span, password: name.span, isAnonymousAllowed: isAllowed),
      Access().mayConnect(userName: name.span, password: nil, isAnonymousAllowed: isAllowed),
    ]
    #expect(decisions == [wanted, wanted, wanted])
  }
}

@Test(arguments: ["$SYS", "$SYS/broker/uptime", "$SYSTEM", "$CONTROL", "$CONTROL/a/v1"])
func theServersTopicsAreNotForClients(topic: String) {
  #expect(!mayPublish(topic))
}

@Test(arguments: ["a", "/", "$", "$SY", "$sys/a", "$CONTRO", "a/$SYS", "/$SYS", "SYS", "$aws/x"])
func allOtherTopicsAreForClients(topic: String) {
  #expect(mayPublish(topic))
}

@Test func everyFilterMayBeSubscribedTo() {
  for filter in ["#", "$SYS/#", "$share/g/a"] {
    let bytes = Array(filter.utf8)
    let isAllowed = Access().maySubscribe(filter: bytes.span)
    #expect(isAllowed)
  }
}
