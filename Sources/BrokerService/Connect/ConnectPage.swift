import HTTPExchange
import HTTPTypes
import Mustache
import ServiceKit

/// The pages of a connect flow: plain HTML that works without scripts, with labels, an error summary that takes the
/// focus, and contrast and target sizes after WCAG 2.2 AA.
struct ConnectPage: Sendable {
    /// One input of a form.
    struct Field {
        /// How the value is given.
        enum Kind: String {
            case text
            case secret = "password"
            case file
            case date
            case number
            case checkbox
            /// Several lines.
            case lines
            /// Several of the options.
            case several
        }

        let name: String
        let label: String
        let help: String?
        let placeholder: String?
        let value: String
        let kind: Kind
        let isRequired: Bool
        let isWrong: Bool
        let options: [(value: String, label: String, isChosen: Bool)]
        /// The page of the vendor's help.
        var docs: String?
        /// What stands in front of and behind the value.
        var prefix: String?
        var suffix: String?
        /// Which of many choices are shown, and how others are found.
        var window: ChoiceWindow?
    }

    /// Something to choose by its own button.
    struct Choice {
        let name: String
        let value: String
        let label: String
    }

    private let template: MustacheTemplate

    init() throws {
        template = try MustacheTemplate(string: Self.text)
    }

    /// A form with one button.
    func form(
        title: String,
        lead: String?,
        error: String?,
        action: String,
        token: String,
        fields: [Field],
        button: String,
        back: Choice? = nil,
        origins: [String],
        formTargets: [String] = []
    ) -> EndpointResponse {
        page(
            [
                "title": title, "lead": lead, "error": error, "back": Self.shown(back, token),
                "form": [
                    "action": action, "token": token, "button": button,
                    "hasFiles": fields.contains { $0.kind == .file },
                    "isLive": fields.contains { $0.window != nil },
                    "fields": fields.map { field in
                        Self.present([
                            "name": field.name, "label": field.label, "help": field.help,
                            "placeholder": field.placeholder, "value": field.value,
                            "type": field.kind.rawValue, "required": field.isRequired,
                            "wrong": field.isWrong, "isSelect": field.isSelect,
                            "isFile": field.kind == .file, "isSeveral": field.kind == .several,
                            "isLines": field.kind == .lines && !field.isSelect,
                            "isBox": field.kind == .checkbox, "ticked": field.value == "true",
                            "isLine": field.kind != .lines && field.kind != .checkbox && !field.isSelect,
                            "docs": field.docs, "prefix": field.prefix, "suffix": field.suffix,
                            "isOpen": field.window != nil, "canSearch": field.window?.search != nil,
                            "search": field.window?.search, "next": field.window?.next,
                            "isBlank": !field.isRequired
                                || (field.window != nil && !field.options.contains { $0.isChosen }),
                            "options": field.options.map {
                                ["value": $0.value, "label": $0.label, "chosen": $0.isChosen] as [String: Any]
                            },
                        ])
                    },
                ] as [String: Any],
            ],
            status: error == nil ? 200 : 422,
            origins: origins,
            formTargets: formTargets
        )
    }

    /// Several buttons.
    func choices(
        title: String,
        lead: String?,
        action: String,
        token: String,
        choices: [Choice],
        back: Choice? = nil,
        origins: [String]
    ) -> EndpointResponse {
        page(
            [
                "title": title, "lead": lead, "back": Self.shown(back, token),
                "choices": choices.map {
                    ["action": action, "token": token, "name": $0.name, "value": $0.value, "label": $0.label]
                },
            ],
            status: 200,
            origins: origins
        )
    }

    /// A code that the user types on another page, until he has.
    ///
    /// `interval`: seconds after which the page looks again by itself.
    func code(label: String, code: String, address: String, interval: Int, origins: [String]) -> EndpointResponse {
        page(
            [
                "title": "Connect \(label)",
                "code": ["label": label, "text": code, "address": address, "interval": interval] as [String: Any],
            ],
            status: 200,
            origins: origins
        )
    }

    /// A message, and nothing to do but to close the page.
    ///
    /// `result` is told to the embedding page, when its origin is registered.
    func message(
        title: String,
        lead: String,
        isError: Bool,
        status: Int,
        origins: [String],
        result: (status: String, accountID: String?)? = nil
    ) -> EndpointResponse {
        page(
            [
                "title": title, isError ? "error" : "lead": lead,
                "result": result.map {
                    ["status": $0.status, "account": $0.accountID ?? "", "origins": origins.joined(separator: " ")]
                },
            ],
            status: status,
            origins: origins
        )
    }

    private func page(
        _ values: [String: Any?],
        status: Int,
        origins: [String],
        formTargets: [String] = []
    )
        -> EndpointResponse
    {
        let ancestors = origins.isEmpty ? "'none'" : origins.joined(separator: " ")
        let policy = [
            "default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'",
            "img-src 'self' data:", "base-uri 'none'",
            "form-action " + (["'self'"] + formTargets).joined(separator: " "), "frame-ancestors \(ancestors)",
        ].joined(separator: "; ")
        var headers: HeaderFields = [
            .contentSecurityPolicy: policy, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
        ]
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginOpenerPolicy] = "same-origin-allow-popups"
        return .html(template.render(Self.present(values)), status: status, headers: headers)
    }

    private static func shown(_ back: Choice?, _ token: String) -> [String: String]? {
        back.map { ["token": token, "name": $0.name, "value": $0.value, "label": $0.label] }
    }

    /// What is there: the template would print "nil" for what is not.
    private static func present(_ values: [String: Any?]) -> [String: Any] {
        values.compactMapValues { $0 }
    }

    private static let text = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>{{title}}</title>
        <link rel="stylesheet" href="/connect/assets/connect.css">
        {{#code}}<meta http-equiv="refresh" content="{{interval}}">{{/code}}
        {{#result}}<script src="/connect/assets/result.js" defer></script>{{/result}}
        {{#form}}{{#isLive}}<script src="/connect/assets/choices.js" defer></script>{{/isLive}}{{/form}}
        </head>
        <body>
        <main>
        <h1>{{title}}</h1>
        {{#error}}<p class="error" id="error" role="alert" tabindex="-1">{{.}}</p>{{/error}}
        {{#lead}}<p>{{.}}</p>{{/lead}}
        {{#form}}
        <form method="post" action="{{action}}"{{#hasFiles}} enctype="multipart/form-data"{{/hasFiles}} novalidate>
        <input type="hidden" name="form_token" value="{{token}}">
        {{#fields}}
        <div class="field">
        <label for="field-{{name}}">{{label}}{{^required}} <span class="optional">(optional)</span>{{/required}}</label>
        {{#help}}<p class="help" id="help-{{name}}">{{.}}</p>{{/help}}
        {{#docs}}<p class="help"><a href="{{.}}" target="_blank" rel="noopener noreferrer">Where to find it</a></p>{{/docs}}
        {{#isOpen}}<div data-choices="{{name}}">{{/isOpen}}
        {{#canSearch}}<p class="find"><label for="search-{{name}}">Search</label>
        <input id="search-{{name}}" name="search.{{name}}" type="search" value="{{search}}" autocomplete="off" spellcheck="false">
        <button type="submit" class="minor" name="step" value="find.{{name}}">Search</button></p>{{/canSearch}}
        {{#isSelect}}<select id="field-{{name}}" name="{{name}}"{{#isSeveral}} multiple{{/isSeveral}}{{#wrong}} aria-invalid="true"{{/wrong}}>
        {{^isSeveral}}{{#isBlank}}<option value=""></option>{{/isBlank}}{{/isSeveral}}
        {{#options}}<option value="{{value}}"{{#chosen}} selected{{/chosen}}>{{label}}</option>
        {{/options}}</select>{{/isSelect}}
        {{#isOpen}}<input type="hidden" name="next.{{name}}" value="{{next}}">
        <button type="submit" class="minor" name="step" value="more.{{name}}"{{^next}} hidden{{/next}}>Show more</button>
        <p class="help" role="status"></p></div>{{/isOpen}}
        {{#isLines}}<textarea id="field-{{name}}" name="{{name}}" rows="4"{{#placeholder}} placeholder="{{.}}"{{/placeholder}} spellcheck="false">{{value}}</textarea>{{/isLines}}
        {{#isBox}}<input id="field-{{name}}" name="{{name}}" type="checkbox" value="true"{{#ticked}} checked{{/ticked}}>{{/isBox}}
        {{#isLine}}{{#prefix}}<span class="part">{{.}}</span>{{/prefix}}<input id="field-{{name}}" name="{{name}}" type="{{type}}"{{^isFile}} value="{{value}}"{{/isFile}}{{#placeholder}} placeholder="{{.}}"{{/placeholder}}{{#help}} aria-describedby="help-{{name}}"{{/help}}{{#wrong}} aria-invalid="true" aria-errormessage="error" autofocus{{/wrong}}{{#required}} required{{/required}} autocomplete="off" autocapitalize="none" spellcheck="false">{{#suffix}}<span class="part">{{.}}</span>{{/suffix}}{{/isLine}}
        </div>
        {{/fields}}
        <button type="submit">{{button}}</button>
        </form>
        {{/form}}
        {{#code}}
        <ol>
        <li>Open <a href="{{address}}" target="_blank" rel="noopener noreferrer">the page of {{label}}</a> in another window.</li>
        <li>Type this code there: <strong class="code">{{text}}</strong></li>
        <li>Come back. This page goes on by itself as soon as you have allowed the connection.</li>
        </ol>
        <p><a href="/connect/session">I have allowed it</a></p>
        {{/code}}
        {{#choices}}
        <form method="post" action="{{action}}" class="choice">
        <input type="hidden" name="form_token" value="{{token}}">
        <button type="submit" name="{{name}}" value="{{value}}">{{label}}</button>
        </form>
        {{/choices}}
        {{#back}}
        <form method="post" action="/connect/session/choose" class="back">
        <input type="hidden" name="form_token" value="{{token}}">
        <button type="submit" name="{{name}}" value="{{value}}">{{label}}</button>
        </form>
        {{/back}}
        {{#result}}<p id="result" hidden data-status="{{status}}" data-account="{{account}}" data-origins="{{origins}}"></p>{{/result}}
        </main>
        </body>
        </html>
        """

    /// The style sheet.
    static let css = """
        :root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --line: #6b7280; --accent: #1a56b0; --bad: #a40e26; }
        @media (prefers-color-scheme: dark) { :root { --text: #f0f2f5; --back: #15181c; --line: #9aa4b2; --accent: #8ab4f8; --bad: #ff9aa8; } }
        * { box-sizing: border-box; }
        body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
        main { max-width: 30rem; margin: 0 auto; padding: 2rem 1.25rem; }
        h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 1rem; }
        .field { margin: 1.25rem 0; }
        label { display: block; font-weight: 600; margin-bottom: .25rem; }
        .optional { font-weight: 400; }
        .help { margin: 0 0 .4rem; }
        input, select, textarea, button { font: inherit; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border-radius: .4rem; }
        input[type="checkbox"] { width: 1.5rem; min-height: 1.5rem; }
        input, select, textarea { color: var(--text); background: var(--back); border: 1px solid var(--line); }
        button { margin-top: .5rem; border: 0; font-weight: 600; cursor: pointer; background: var(--accent); color: var(--back); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .error { border-left: .3rem solid var(--bad); padding: .5rem .75rem; color: var(--bad); font-weight: 600; }
        [aria-invalid="true"] { border: 2px solid var(--bad); }
        .code { display: block; font-size: 1.6rem; letter-spacing: .1em; }
        a { color: var(--accent); }
        .choice { margin: .5rem 0; }
        .choice button { margin: 0; text-align: left; color: var(--text); background: var(--back); border: 1px solid var(--line); }
        .choice button:hover { border-color: var(--accent); color: var(--accent); }
        .back button { width: auto; padding: .5rem 0; font-weight: 400; text-decoration: underline; color: var(--accent); background: none; }
        .find label { font-weight: 400; }
        button.minor { width: auto; background: none; color: var(--accent); border: 1px solid var(--line); }
        button[hidden] { display: none; }
        """

    /// Asks for choices while the user types, and for more of them, without loading the page anew.
    static let choicesScript = """
        for (const box of document.querySelectorAll("[data-choices]")) {
          const name = box.dataset.choices;
          const form = box.closest("form");
          const select = box.querySelector("select");
          const search = box.querySelector("input[type=search]");
          const next = box.querySelector("input[type=hidden]");
          const more = box.querySelector("button[value^='more.']");
          const status = box.querySelector("[role=status]");
          let timer;
          let turn = 0;
          const ask = async (step) => {
            const mine = ++turn;
            const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
            body.set("question", name);
            body.set("step", `${step}.${name}`);
            const answer = await fetch("/connect/session/choices", { method: "POST", body }).catch(() => null);
            if (mine !== turn) return;
            if (!answer || !answer.ok) { status.textContent = "The list cannot be loaded. Please try again."; return; }
            const page = await answer.json();
            const chosen = new Set([...select.selectedOptions].map((option) => option.value));
            if (step === "find") for (const option of [...select.options]) if (option.value && !chosen.has(option.value)) option.remove();
            const known = new Set([...select.options].map((option) => option.value));
            for (const choice of page.result) if (!known.has(choice.value)) select.add(new Option(choice.label, choice.value));
            next.value = page.next_cursor ?? "";
            more.hidden = !page.next_cursor;
            status.textContent = page.result.length ? `${page.result.length} to choose from` : "Nothing was found.";
          };
          search?.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask("find"), 250); });
          search?.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); ask("find"); } });
          more.addEventListener("click", (event) => { event.preventDefault(); ask("more"); });
          box.querySelector("button[value^='find.']")?.setAttribute("hidden", "");
        }
        """

    /// Tells the page that embeds or opened this one what came of it.
    ///
    /// Only registered origins are told, and only an id.
    static let script = """
        (() => {
          const result = document.getElementById("result");
          if (!result) return;
          const message = { source: "tributary", status: result.dataset.status, integrated_account_id: result.dataset.account || null };
          const target = window.opener || (window.parent !== window ? window.parent : null);
          if (!target) return;
          for (const origin of result.dataset.origins.split(" ").filter(Boolean)) target.postMessage(message, origin);
        })();
        """
}

extension HTTPField.Name {
    fileprivate static var referrerPolicy: Self { known("Referrer-Policy") }
    fileprivate static var crossOriginOpenerPolicy: Self { known("Cross-Origin-Opener-Policy") }

    private static func known(_ text: String) -> Self {
        guard let name = Self(text) else { preconditionFailure("\(text) is a token of RFC 9110") }
        return name
    }
}
