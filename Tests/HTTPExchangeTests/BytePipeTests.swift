import HTTPExchange
import Synchronization
import Testing

struct BytePipeTests {
    struct Broken: Error {}

    private func bytes(_ taken: BytePipe.Taken) -> [UInt8]? {
        guard case .bytes(let bytes) = taken else { return nil }
        return bytes
    }

    @Test func `bytes come out in order, in parts when less is wanted`() {
        let pipe = BytePipe()
        pipe.write([1, 2, 3])
        pipe.write([])
        pipe.write([4])
        pipe.finish()
        pipe.write([5])
        #expect(bytes(pipe.take(atMost: 2)) == [1, 2])
        #expect(bytes(pipe.take(atMost: 2)) == [3])
        #expect(bytes(pipe.take()) == [4])
        guard case .end = pipe.take() else {
            Issue.record("the pipe has no end")
            return
        }
    }

    @Test func `a full pipe asks the writer to wait, and tells when there is room again`() {
        let pipe = BytePipe(capacity: 4)
        let signals = Mutex<[BytePipe.WriterSignal]>([])
        pipe.onWriter { signal in signals.withLock { $0.append(signal) } }
        #expect(pipe.write([1, 2, 3]))
        #expect(!pipe.write([4, 5]))
        #expect(signals.withLock { $0.isEmpty })
        _ = pipe.take()
        #expect(signals.withLock { $0 } == [.room])
        #expect(pipe.hasRoom)
    }

    @Test func `the reader is told when there is something, at once when there is already`() {
        let pipe = BytePipe()
        let count = Mutex(0)
        pipe.onBytes { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 0)
        pipe.write([1])
        pipe.finish()
        #expect(count.withLock { $0 } == 2)
        pipe.onBytes { count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 3)
    }

    @Test func `dropping a stream tells the writer, unless the bytes had ended`() {
        for isOver in [false, true] {
            let pipe = BytePipe()
            let signals = Mutex<[BytePipe.WriterSignal]>([])
            pipe.onWriter { signal in signals.withLock { $0.append(signal) } }
            if isOver { pipe.finish() }
            do { _ = ByteStream(pipe) }
            #expect(signals.withLock { $0 } == (isOver ? [] : [.abandoned]))
        }
    }

    @Test func `a stream is awaited piece by piece and ends with its error`() async throws {
        let pipe = BytePipe()
        let stream = ByteStream(pipe)
        async let first = stream.next()
        pipe.write([7])
        #expect(try await first == [7])
        pipe.finish(throwing: Broken())
        await #expect(throws: Broken.self) { _ = try await stream.next() }
    }

    @Test func `a stream is collected up to a limit`() async throws {
        #expect(try await ByteStream([1, 2, 3]).collected(upTo: 3) == [1, 2, 3])
        #expect(try await ByteStream([1, 2, 3]).collected(upTo: 2) == nil)
    }

    @Test func `waiting ends when the task is cancelled`() async {
        let stream = ByteStream(BytePipe())
        let task = Task { try await stream.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }
}
