import Formats
import Foundation
import Testing

struct PackedTests {
    private func bytes(_ text: String) -> [UInt8] { Data(base64Encoded: text).map { [UInt8]($0) } ?? [] }
    private func text(_ bytes: [UInt8]?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

    @Test func `gzip gives back what went in, in every kind of block`() throws {
        #expect(text(try Packed.gunzipped(bytes(PackedSamples.gzip), limit: 10_000)) == PackedSamples.people)
        #expect(text(try Packed.gunzipped(bytes(PackedSamples.fixed), limit: 100)) == "aaaaaaaaaaaaaaaaaaaaaab")
        #expect(text(try Packed.gunzipped(bytes(PackedSamples.stored), limit: 100)) == "stored text")
    }

    @Test func `members of gzip that follow each other are one text`() throws {
        let twice = bytes(PackedSamples.stored) + bytes(PackedSamples.fixed)
        #expect(text(try Packed.gunzipped(twice, limit: 100)) == "stored textaaaaaaaaaaaaaaaaaaaaaab")
    }

    @Test func `a file of an archive is found by its name`() throws {
        let archive = bytes(PackedSamples.zip)
        #expect(text(try Packed.unzipped(archive, limit: 10_000) { $0.hasSuffix(".csv") }) == PackedSamples.people)
        #expect(text(try Packed.unzipped(archive, limit: 10_000) { _ in true }) == "not this")
        #expect(try Packed.unzipped(archive, limit: 10_000) { $0 == "else" } == nil)
    }

    @Test func `what would grow too large is given up`() {
        #expect { try Packed.gunzipped(bytes(PackedSamples.bomb), limit: 100_000) } throws: {
            ($0 as? FormatError)?.code == .limitExceeded
        }
    }

    @Test func `nothing that is cut or changed is taken, and nothing breaks`() {
        for sample in [PackedSamples.gzip, PackedSamples.fixed, PackedSamples.stored] {
            let whole = bytes(sample)
            for end in 0..<whole.count {
                #expect(throws: FormatError.self) { try Packed.gunzipped(Array(whole[..<end]), limit: 10_000) }
            }
            // The header's time, flags and system are no part of the data.
            for at in 10..<whole.count {
                var changed = whole
                changed[at] ^= 0x55
                let found = try? Packed.gunzipped(changed, limit: 10_000)
                #expect(found == nil)
            }
        }
        let archive = bytes(PackedSamples.zip)
        for end in 0..<archive.count {
            _ = try? Packed.unzipped(Array(archive[..<end]), limit: 10_000) { $0.hasSuffix(".csv") }
        }
        for at in 0..<archive.count {
            var changed = archive
            changed[at] ^= 0xFF
            let found = try? Packed.unzipped(changed, limit: 10_000) { $0.hasSuffix(".csv") }
            #expect(found.flatMap(\.self).map { text($0) == PackedSamples.people } ?? true)
        }
    }
}
