import Testing

@testable import Memory

@Test func theNullHandleIsNoSlot() {
  #expect(Handle<UInt32>.null.isNull)
}
