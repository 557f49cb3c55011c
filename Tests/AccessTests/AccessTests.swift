import Testing

@testable import Access

private func mayPublish(_ topic: String) -> Bool {
  let bytes = Array(topic.utf8)
  return Access(isAnonymousAllowed: true).mayPublish(topic: bytes.span)
}

@Test func anonymityAloneDecidesWhoConnects() {
  let name = Array("alice".utf8)
  let open = Access(isAnonymousAllowed: true)
  let closed = Access(isAnonymousAllowed: false)
  #expect(open.mayConnect(userName: nil, password: nil) == .allowed)
  #expect(open.mayConnect(userName: name.span, password: name.span) == .allowed)
  #expect(open.mayConnect(userName: name.span, password: nil) == .allowed)
  #expect(closed.mayConnect(userName: nil, password: nil) == .notAuthorized)
  #expect(closed.mayConnect(userName: name.span, password: name.span) == .notAuthorized)
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
    let isAllowed = Access(isAnonymousAllowed: false).maySubscribe(filter: bytes.span)
    #expect(isAllowed)
  }
}
