import FuzzSupport

@testable import MQTT

/// A property block in any packet, and what is forwarded of those of a message. [2.2.2]
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe Input(start, count)
  let place = PropertyPlaces(bits: 1 << (input.byte() & 7))
  let block = input.rest()
  let properties = read(block, of: place)
  if place.bits == PropertyPlaces.publish.bits || place.bits == PropertyPlaces.will.bits {
    checkForwarding(block, place, isGood: properties != nil)
  }
  return 0
}

/// The properties with what the standard says of each checked again; nil when they are not good.
private func read(_ block: [UInt8], of place: PropertyPlaces) -> [Property]? {
  var reader = PropertyReader(block.span, block: Field(start: 0, count: block.count), of: place)
  var properties: [Property] = []
  do throws(MalformedPacket) {
    while let property = try reader.next() { properties.append(property) }
  } catch {
    require(error.words.utf8CodeUnitCount > 0, "an error without words")
    return nil
  }
  for property in properties { check(property, among: properties, block) }
  return properties
}

private func check(_ property: Property, among all: [Property], _ block: [UInt8]) {
  let identifier = property.identifier
  require(property.field.end <= block.count, "\(identifier) beyond the block")
  let count = all.count { $0.identifier == identifier }
  require(count == 1 || identifier == .userProperty, "\(identifier) \(count) times")
}

/// What is forwarded is the block without the properties that are the Server's own business.
private func checkForwarding(_ block: [UInt8], _ place: PropertyPlaces, isGood: Bool) {
  let packet = length(of: block) + block
  do throws(MalformedPacket) {
    var reader = PacketReader(packet.span, within: Field(start: 0, count: packet.count))
    let properties = try PublishProperties(parsing: &reader, of: place)
    require(isGood, "a bad block became properties")
    let forwarded = forwarded(of: block)
    require(
      forwarded.count == properties.forwardedCount,
      "\(forwarded.count) bytes forwarded, \(properties.forwardedCount) announced")
    require(read(forwarded, of: place) != nil, "what is forwarded is not good")
    require(!properties.needsFiltering || forwarded.count < block.count, "nothing was filtered")
  } catch {
    require(!isGood || error == .subscriptionIdentifierFromClient, "a good block was refused")
  }
}

private func forwarded(of block: [UInt8]) -> [UInt8] {
  var walk = ForwardedProperties()
  var bytes: [UInt8] = []
  while let run = walk.next(in: block.span) { bytes += block[run.range] }
  return bytes
}

/// A Variable Byte Integer. [1.5.5]
private func length(of block: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  var rest = block.count
  repeat {
    bytes.append(UInt8(rest % 128) | (rest > 127 ? 128 : 0))
    rest /= 128
  } while rest > 0
  return bytes
}
