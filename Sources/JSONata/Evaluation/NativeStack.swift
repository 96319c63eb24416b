#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The native stack: where it is, and more of it when an expression recurses deeply.
enum NativeStack {
    /// Bytes an evaluation may use of the stack it was started on.
    static let budget: UInt = 256 << 10
    /// The stack given to a deep recursion.
    ///
    /// Pages cost memory only when they are touched.
    static let deepSize = 64 << 20
    /// Bytes left at the end of a deep stack for what does not look at the limit.
    static let reserve: UInt = 4 << 20

    /// Roughly the current stack pointer.
    @inline(__always)
    static func position() -> UInt {
        var marker: UInt8 = 0
        return withUnsafeMutablePointer(to: &marker) { UInt(bitPattern: $0) }
    }

    /// Runs `body` on a new thread with a large stack and waits for it.
    /// - Returns: false when the system gives no thread.
    static func onDeepStack(_ body: () -> Void) -> Bool {
        withoutActuallyEscaping(body) { body in
            let box = Unmanaged.passRetained(Box(body))
            defer { box.release() }
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setstacksize(&attributes, deepSize)
            defer { pthread_attr_destroy(&attributes) }
            #if canImport(Glibc)
            var thread = pthread_t()
            let status = pthread_create(
                &thread,
                &attributes,
                { pointer in
                    if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().body() }
                    return nil
                },
                box.toOpaque()
            )
            guard status == 0 else { return false }
            pthread_join(thread, nil)
            #else
            var thread: pthread_t?
            let status = pthread_create(
                &thread,
                &attributes,
                { pointer in
                    Unmanaged<Box>.fromOpaque(pointer).takeUnretainedValue().body()
                    return nil
                },
                box.toOpaque()
            )
            guard status == 0, let thread else { return false }
            pthread_join(thread, nil)
            #endif
            return true
        }
    }

    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
}

extension Evaluator {
    /// Goes on with an evaluation where there is more native stack, once; a second time it is too deep.
    @inline(never)
    func onFreshStack(_ body: NodePointer, _ input: Value, _ frame: FramePointer) throws(Fault) -> Value {
        if state.pointee.isOnDeepStack { throw fail(.d1011) }
        let floor = state.pointee.stackFloor
        var outcome: Result<Value, Fault> = .failure(Fault(code: .d1011))
        state.pointee.isOnDeepStack = true
        let started = NativeStack.onDeepStack {
            state.pointee.stackFloor = NativeStack.position() - UInt(NativeStack.deepSize) + NativeStack.reserve
            do throws(Fault) { outcome = .success(try evaluate(body, input, frame)) } catch {
                outcome = .failure(error)
            }
        }
        state.pointee.isOnDeepStack = false
        state.pointee.stackFloor = floor
        if !started { throw fail(.d1011) }
        return try outcome.get()
    }
}
