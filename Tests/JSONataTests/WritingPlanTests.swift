import JSONValue
import Testing

@testable import JSONata

/// What is written straight from an expression must be what its result, made first, is written as.
struct WritingPlanTests {
    /// Tells of what did not fit instead of bringing it into the form.
    private struct Owner: JSONataFormOwner {
        var notes: [String] = []

        mutating func adjust(
            _ value: JSONataView,
            node: Int,
            at path: JSONataFormPath,
            _ output: inout JSONByteWriter
        ) {
            notes.append("adjusted \(path.pointer) of \(node)")
            output.append(string: "adjusted " + value.json.text())
        }

        mutating func note(_ value: JSONataView, node: Int) { notes.append("noted \(value.json.text()) of \(node)") }
    }

    private static let form: JSONataForm = {
        var record = JSONataForm.Node(.object)
        record.group = 0
        record.fields = [1, 1, 2, 4, 6, 7, 8, 9, 10, 11, 12]
        var mails = JSONataForm.Node(.array)
        mails.element = 3
        var mail = JSONataForm.Node(.object)
        mail.group = 1
        mail.fields = [1, 8]
        var owner = JSONataForm.Node(.object)
        owner.group = 2
        owner.fields = [1, 1]
        owner.needs = ["id"]
        var tags = JSONataForm.Node(.array)
        tags.element = 1
        var status = JSONataForm.Node(.choice)
        status.group = 3
        var etag = JSONataForm.Node(.any)
        etag.isNoted = true
        var raw = JSONataForm.Node(.any)
        raw.isOmitted = true
        return JSONataForm(
            [
                record, JSONataForm.Node(.text), mails, mail, owner, JSONataForm.Node(.any), tags,
                JSONataForm.Node(.instant), JSONataForm.Node(.boolean), JSONataForm.Node(.number), status, etag, raw,
            ],
            groups: [
                ["id", "name", "mails", "owner", "tags", "at", "flag", "number", "status", "etag", "raw"],
                ["mail", "primary"], ["id", "name"], ["open", "closed"],
            ]
        )
    }()

    private static let input = #"""
        {"id":"7","n":"Ada \"A\" 株式会社","a":{"b":[{"t":"x","id":"1"},{"t":"y","id":"2"},{"t":"x"}],"c":{"d":12.50}},
        "at":"2026-05-01T07:25:37.5Z","odd":"2026-05-01","yes":true,"mails":"a@b.example;c@d.example","none":null,
        "empty":"","list":["p","q",["r"]],"status":"open","objects":[{"mail":"m"},{"mail":null}],
        "1":"first","k__c":"v","k2__c":"w\n","big":12345678901234567890.10}
        """#

    private func written(_ expressions: [String]) throws -> (text: String, outcome: JSONataWritten?, notes: [String]) {
        let document = try JSONDocument(parsing: Array(Self.input.utf8), policy: .vendor)
        let stack = JSONataStack(try expressions.map { try JSONataExpression(compiling: $0) }, form: Self.form)
        #expect(expressions.count > 1 || stack.plan != nil, "\(expressions)")
        return try stack.withSession(over: document, inputs: []) { session in
            var output = JSONByteWriter()
            var owner = Owner()
            output.append(raw: "before " as StaticString)
            // Twice, as what is remembered from a record to the next must not matter.
            _ = try? session.write(recordAt: 0, to: &output, &owner)
            output.truncate(to: 7)
            owner = Owner()
            let outcome = try? session.write(recordAt: 0, to: &output, &owner)
            return (String(decoding: output.finish(), as: UTF8.self), outcome, owner.notes)
        }
    }

    @Test(arguments: [
        #"response.{"id": id, "name": n}"#, #"{"id": response.id, "name": response.a.c.d, "flag": response.yes}"#,
        #"($r := response; $name := function($x) { $x.n }; $r.{"id": id, "name": $name($r)})"#,
        #"($n := response.n; response.{"id": id, "name": $n})"#, #"($r := [response]; $r.{"id": id, "name": n})"#,
        #"($r := response; $r.a.b.{"id": id})"#, #"($r := response; {"id": $r.id, "owner": $r.a.c.{"id": d}})"#,
        #"response.{"id": id, "unknown": a, "name": none, "tags": list, "flag": odd, "at": odd}"#,
        #"response.{"id": id, "at": at, "number": big, "status": status, "etag": n, "raw": a}"#,
        #"response.{"id": id, "status": "open", "name": "na\"me", "flag": false, "number": 12.50, "tags": "one"}"#,
        #"response.{"id": id, "status": "other", "flag": "no", "number": null, "at": "x"}"#,
        #"response.{"id": id, "mails": [$split(mails, ";").{"mail": $, "primary": false}, {"mail": "z"}, missing]}"#,
        #"response.{"id": id, "mails": [yes ? {"mail": n}, missing ? {"mail": n}, yes ? objects : {"mail": "u"}]}"#,
        #"response.{"id": id, "mails": [missing ? {"mail": n}], "tags": [list, "s", ["t"], [1..3], yes]}"#,
        #"response.{"id": id, "mails": [], "tags": [[]], "name": []}"#, #"response.{"id": id, "tags": [1..4]}"#,
        #"response.{"id": id, "owner": a.b[t = "x"][0] ? {"id": a.b[t = "x"][0].id, "name": n}}"#,
        #"response.{"id": id, "owner": {"id": missing, "name": n}, "name": "after"}"#,
        #"response.{"id": id, "owner": {"id": empty}, "tags": a.b[t="x"].t}"#,
        #"response.{"id": id, "owner": yes ? {"id": a.c.d} : {"id": "never"}}"#,
        #"response.{"id": id, "owner": missing ? {"id": "never"} : a.c.{"id": d}}"#,
        #"response.{"id": id, "owner": a.b.{"id": t}, "name": objects.{"mail": mail}}"#,
        #"response.{"id": id, "custom": $sift($, function($v, $k) { $contains($k, "__c") })}"#,
        #"response.{"id": id, "name": $join([n, id], " "), "status": $lookup({"open": "closed"}, status)}"#,
        #"response.{"id": id, "name": function($x) { $x }, "tags": [function($x) { $x }, "t"]}"#,
        #"response.{"id": id, "mails": objects, "owner": objects, "tags": yes}"#,
        #"response.{"id": id, "name": $$.response.n, "tags": $keys(a.c)}"#,
        #"response.{"name": n}"#, #"response.{"id": empty}"#, #"response.{"id": none}"#, #"response.{"id": a}"#,
        #"response.{"id": id, "name": $error("no")}"#, #"response.{"id": id, "tags": [$number("x")]}"#,
        #"missing.{"id": 1}"#, #"response.a.b.{"id": id}"#, #"response.{}"#, #"response.{"id": yes}"#,
    ])
    func `a planned expression writes what its result is written as`(expression: String) throws {
        let planned = try written([expression])
        // A second level that adds nothing has the result made first.
        let made = try written([expression, "{}"])
        // Over nothing, the second level itself would be the result.
        let isNothing = planned.outcome == .noObject && made.outcome == .withoutID
        #expect(planned.text == made.text)
        #expect(planned.outcome == made.outcome || isNothing)
        #expect(planned.outcome != .record || planned.notes == made.notes)
        #expect(planned.outcome == .record || planned.text == "before ")
    }

    @Test func `an expression that is not spelled out has no plan and is written all the same`() throws {
        for expression in ["response", "$merge([response])", #"response.{"1": n, "id": id}"#, #"response.{n: id}"#] {
            let stack = JSONataStack([try JSONataExpression(compiling: expression)], form: Self.form)
            #expect(stack.plan == nil, "\(expression)")
        }
    }
}
