"""The workloads in SimPy. Delivery by callbacks on time-outs is its fastest idiom.

Prints: events, messages, the consumer's checksum, CPU time of the run in nanoseconds.
"""

import random
import sys
import time
from collections import deque

import simpy

workload, size = sys.argv[1], int(sys.argv[2])
env = simpy.Environment()
draw = random.Random(1).random
events = 0
finished = env.event()


def send(mailbox, message):
    arrival = env.timeout(0.0005 + draw() * 0.001, message)
    arrival.callbacks.append(lambda event: mailbox.put(event._value))


def handled():
    global events
    events += 1
    if workload != "w3" and events == size:
        finished.succeed()


def ping_pong():
    mailboxes = [simpy.Store(env) for _ in range(2000)]

    def player(mine, partner):
        while True:
            count = yield mine.get()
            handled()
            send(partner, count + 1)

    for n, mailbox in enumerate(mailboxes):
        env.process(player(mailbox, mailboxes[n ^ 1]))
    for mailbox in mailboxes[1::2]:
        send(mailbox, 0)


def timers():
    def timer():
        while True:
            yield env.timeout(draw() * 2.0)
            handled()

    for _ in range(100_000):
        env.process(timer())


outcome = {"checksum": 0}


def replicated_log():
    names = ["leader", "follower-1", "follower-2", "producer", "consumer"]
    mailbox = {name: simpy.Store(env) for name in names}
    leader = mailbox["leader"]
    unfinished = {"producer", "consumer"}

    def finish(name):
        unfinished.discard(name)
        if not unfinished:
            finished.succeed()

    def run_leader():
        log, unacknowledged, parked = [], deque(), {}
        fetched = {"follower-1": 0, "follower-2": 0}
        watermark = generation = 0

        def readable(fetcher):
            return watermark if fetcher == "consumer" else len(log)

        def answer(fetcher, offset):
            end = min(readable(fetcher), offset + 100)
            send(mailbox[fetcher], ("records", watermark, log[offset:end]))

        def wake(fetcher):
            if fetcher in parked and parked[fetcher][0] < readable(fetcher):
                answer(fetcher, parked.pop(fetcher)[0])

        while True:
            message = yield leader.get()
            kind = message[0]
            if kind == "time-out":
                # SimPy cannot take a time-out back: a cancelled one is met and is no event.
                _, fetcher, number = message
                if parked.get(fetcher, (0, 0))[1] == number:
                    handled()
                    del parked[fetcher]
                    send(mailbox[fetcher], ("records", watermark, []))
                continue
            handled()
            if kind == "produce":
                _, sequence, key, value = message
                offset = len(log)
                log.append((offset, key, value))
                unacknowledged.append((offset, sequence))
                wake("follower-1")
                wake("follower-2")
            elif kind == "fetch":
                _, fetcher, offset = message
                if fetcher != "consumer":
                    fetched[fetcher] = offset
                    shortest = min(len(log), *fetched.values())
                    if shortest > watermark:
                        watermark = shortest
                        while unacknowledged and unacknowledged[0][0] < watermark:
                            send(mailbox["producer"], ("acknowledge", unacknowledged.popleft()[1]))
                        wake("consumer")
                if offset < readable(fetcher):
                    answer(fetcher, offset)
                else:
                    generation += 1
                    parked[fetcher] = (offset, generation)
                    wait = env.timeout(0.5, ("time-out", fetcher, generation))
                    wait.callbacks.append(lambda event: leader.put(event._value))
            elif kind == "commit":
                send(mailbox["consumer"], ("committed",))

    def follower(name):
        log = []
        send(leader, ("fetch", name, 0))
        while True:
            _, _, records = yield mailbox[name].get()
            handled()
            log.extend(records)
            send(leader, ("fetch", name, len(log)))

    def producer():
        def produce(sequence):
            value = sequence * 0x9E3779B97F4A7C15 % 2**64
            send(leader, ("produce", sequence, sequence % 1000, value))

        for sequence in range(5):
            produce(sequence)
        following, acknowledged = 5, 0
        while True:
            yield mailbox["producer"].get()
            handled()
            acknowledged += 1
            if following < size:
                produce(following)
                following += 1
            if acknowledged == size:
                finish("producer")

    def consumer():
        position = checksum = 0
        send(leader, ("fetch", "consumer", 0))
        while True:
            message = yield mailbox["consumer"].get()
            handled()
            if message[0] == "records" and message[2]:
                for _, _, value in message[2]:
                    checksum += value
                position += len(message[2])
                send(leader, ("commit", position))
                if position == size:
                    outcome["checksum"] = checksum % 2**64
                    finish("consumer")
            else:
                send(leader, ("fetch", "consumer", position))

    env.process(run_leader())
    for process in (follower("follower-1"), follower("follower-2"), producer(), consumer()):
        env.process(process)


{"w1": ping_pong, "w2": timers, "w3": replicated_log}[workload]()
start = time.process_time_ns()
env.run(until=finished)
spent = time.process_time_ns() - start
print(events, size if workload == "w3" else 0, outcome["checksum"], spent)
