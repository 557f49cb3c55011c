"""What each subscriber was sent of each stream of numbered messages."""

from collections import Counter


class Ledger:
    """Of one subscriber: a stream is what one publisher sends to one topic, numbered from 1."""

    def __init__(self, name, qos):
        self.name = name
        self.qos = qos
        self.last = Counter()
        self.seen = {}
        self.counts = Counter()

    def take(self, topic, payload, qos, dup):
        number = int(payload[:12])
        seen = self.seen.setdefault(topic, set())
        self.counts["received"] += 1
        if number in seen:
            # A repetition is in order at QoS 1 when it says so. [4.3.2]
            self.counts["repeated" if qos == 1 and dup else "duplicated"] += 1
            return
        seen.add(number)
        if number < self.last[topic]:
            self.counts["out of order"] += 1
        self.last[topic] = max(number, self.last[topic])

    def lost(self, sent):
        """Messages of the streams that never came."""
        return sum(count - len(self.seen.get(topic, ())) for topic, count in sent.items())

    def faults(self, sent):
        """What the standard does not allow for this subscriber's QoS."""
        lost = self.lost(sent) if self.qos else 0
        return {"lost": lost, "duplicated": self.counts["duplicated"],
                "out of order": self.counts["out of order"]}
