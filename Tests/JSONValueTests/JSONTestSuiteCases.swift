import JSONValue
import Testing

/// Case tables for `JSONTestSuiteTests`.
///
/// A name is the class of the suite; `\xNN` in a text stands for a raw byte.
enum JSONTestSuiteCases {
    struct Item: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String

        init(_ name: String, _ text: String) {
            self.name = name
            self.text = text
        }

        var bytes: [UInt8] { JSONTestSuiteCases.bytes(text) }
        var testDescription: String { name }
    }

    struct Chosen: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        /// What the policies `api` and `vendor` make of it; nil when refused.
        let strict: [JSONValue]?
        let vendor: [JSONValue]?

        init(_ name: String, _ text: String, strict: [JSONValue]?, vendor: [JSONValue]?) {
            self.name = name
            self.text = text
            self.strict = strict
            self.vendor = vendor
        }

        var bytes: [UInt8] { JSONTestSuiteCases.bytes(text) }
        var testDescription: String { name }
    }

    /// Turns `\xNN` into the byte NN.
    static func bytes(_ text: String) -> [UInt8] {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == 0x5C, index + 3 < source.count, source[index + 1] == UInt8(ascii: "x"),
                let byte = UInt8(String(decoding: source[(index + 2)...(index + 3)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 4
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return bytes
    }

    static let accepted: [Item] = [
        Item("array_arraysWithSpaces", "[[]   ]"),
        Item("array_empty-string", #"[""]"#),
        Item("array_empty", "[]"),
        Item("array_ending_with_newline", #"["a"]"# + "\n"),
        Item("array_false", "[false]"),
        Item("array_heterogeneous", #"[null, 1, "1", {}]"#),
        Item("array_null", "[null]"),
        Item("array_with_1_and_newline", "[1\n]"),
        Item("array_with_leading_space", " [1]"),
        Item("array_with_several_null", "[1,null,null,null,2]"),
        Item("array_with_trailing_space", "[2] "),
        Item("number", "[123e65]"),
        Item("number_0e+1", "[0e+1]"),
        Item("number_0e1", "[0e1]"),
        Item("number_after_space", "[ 4]"),
        Item("number_double_close_to_zero", "[-0." + String(repeating: "0", count: 76) + "1]"),
        Item("number_int_with_exp", "[20e1]"),
        Item("number_minus_zero", "[-0]"),
        Item("number_negative_int", "[-123]"),
        Item("number_negative_one", "[-1]"),
        Item("number_negative_zero", "[-0]"),
        Item("number_real_capital_e", "[1E22]"),
        Item("number_real_capital_e_neg_exp", "[1E-2]"),
        Item("number_real_capital_e_pos_exp", "[1E+2]"),
        Item("number_real_exponent", "[123.456e78]"),
        Item("number_real_fraction_exponent", "[1.5e0]"),
        Item("number_real_neg_exp", "[1e-2]"),
        Item("number_real_pos_exponent", "[1e+2]"),
        Item("number_simple_int", "[123]"),
        Item("number_simple_real", "[123.456789]"),
        Item("object", #"{"asd":"sdf", "dfg":"fgh"}"#),
        Item("object_basic", #"{"asd":"sdf"}"#),
        Item("object_empty", "{}"),
        Item("object_empty_key", #"{"":0}"#),
        Item("object_escaped_null_in_key", #"{"foo\u0000bar": 42}"#),
        Item("object_extreme_numbers", #"{ "min": -1.0e+28, "max": 1.0e+28 }"#),
        Item("object_long_strings", #"{"x":[{"id": "\#(String(repeating: "x", count: 40))"}], "id": "xxxxxxxxx"}"#),
        Item("object_simple", #"{"a":[]}"#),
        Item("object_string_unicode", #"{"title":"\u041f\u043e\u043b\u0442\u043e\u0440\u0430"}"#),
        Item("object_with_newlines", "{\n\"a\": \"b\"\n}"),
        Item("string_1_2_3_bytes_UTF-8_sequences", #"["\u0060\u012a\u12AB"]"#),
        Item("string_accepted_surrogate_pair", #"["\uD801\udc37"]"#),
        Item("string_accepted_surrogate_pairs", #"["\ud83d\ude39\ud83d\udc8d"]"#),
        Item("string_allowed_escapes", #"["\"\\\/\b\f\n\r\t"]"#),
        Item("string_backslash_and_u_escaped_zero", #"["\\u0000"]"#),
        Item("string_backslash_doublequotes", #"["\""]"#),
        Item("string_comments", #"["a/*b*/c/*d//e"]"#),
        Item("string_double_escape_a", #"["\\a"]"#),
        Item("string_double_escape_n", #"["\\n"]"#),
        Item("string_escaped_control_character", #"["\u0012"]"#),
        Item("string_escaped_noncharacter", #"["\uFFFF"]"#),
        Item("string_in_array", #"["asd"]"#),
        Item("string_in_array_with_leading_space", #"[ "asd"]"#),
        Item("string_last_surrogates_1_and_2", #"["\uDBFF\uDFFF"]"#),
        Item("string_nbsp_uescaped", #"["new\u00A0line"]"#),
        Item("string_nonCharacterInUTF-8_U+10FFFF", #"["\xF4\x8F\xBF\xBF"]"#),
        Item("string_nonCharacterInUTF-8_U+FFFF", #"["\xEF\xBF\xBF"]"#),
        Item("string_null_escape", #"["\u0000"]"#),
        Item("string_one-byte-utf-8", #"["\u002c"]"#),
        Item("string_pi", #"["π"]"#),
        Item("string_reservedCharacterInUTF-8_U+1BFFF", #"["\xF0\x9B\xBF\xBF"]"#),
        Item("string_simple_ascii", #"["asd "]"#),
        Item("string_space", #"" ""#),
        Item("string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF", #"["\uD834\uDd1e"]"#),
        Item("string_three-byte-utf-8", #"["\u0821"]"#),
        Item("string_two-byte-utf-8", #"["\u0123"]"#),
        Item("string_u+2028_line_sep", #"["\xE2\x80\xA8"]"#),
        Item("string_u+2029_par_sep", #"["\xE2\x80\xA9"]"#),
        Item("string_uEscape", #"["\u0061\u30af\u30EA\u30b9"]"#),
        Item("string_uescaped_newline", #"["new\u000Aline"]"#),
        Item("string_unescaped_char_delete", #"["\x7F"]"#),
        Item("string_unicode", #"["\uA66D"]"#),
        Item("string_unicodeEscapedBackslash", #"["\u005C"]"#),
        Item("string_unicode_2", #"["⍂㈴⍂"]"#),
        Item("string_unicode_U+10FFFE_nonchar", #"["\uDBFF\uDFFE"]"#),
        Item("string_unicode_U+1FFFE_nonchar", #"["\uD83F\uDFFE"]"#),
        Item("string_unicode_U+200B_ZERO_WIDTH_SPACE", #"["\u200B"]"#),
        Item("string_unicode_U+2064_invisible_plus", #"["\u2064"]"#),
        Item("string_unicode_U+FDD0_nonchar", #"["\uFDD0"]"#),
        Item("string_unicode_U+FFFE_nonchar", #"["\uFFFE"]"#),
        Item("string_unicode_escaped_double_quote", #"["\u0022"]"#),
        Item("string_utf8", #"["€𝄞"]"#),
        Item("string_with_del_character", #"["a\x7Fa"]"#),
        Item("structure_lonely_false", "false"),
        Item("structure_lonely_int", "42"),
        Item("structure_lonely_negative_real", "-0.1"),
        Item("structure_lonely_null", "null"),
        Item("structure_lonely_string", #""asd""#),
        Item("structure_lonely_true", "true"),
        Item("structure_string_empty", #""""#),
        Item("structure_trailing_newline", #"["a"]"# + "\n"),
        Item("structure_true_in_array", "[true]"),
        Item("structure_whitespace_array", " [] "),
        Item("structure_all_four_spaces", " \t\r\n[\t\r\n ] \t\r\n"),
    ]

    static let refused: [Item] = [
        Item("array_1_true_without_comma", "[1 true]"),
        Item("array_a_invalid_utf8", #"[a\xE5]"#),
        Item("array_colon_instead_of_comma", #"["": 1]"#),
        Item("array_comma_after_close", #"[""],"#),
        Item("array_comma_and_number", "[,1]"),
        Item("array_double_comma", "[1,,2]"),
        Item("array_double_extra_comma", #"["x",,]"#),
        Item("array_extra_close", #"["x"]]"#),
        Item("array_extra_comma", #"["",]"#),
        Item("array_incomplete", #"["x""#),
        Item("array_incomplete_invalid_value", "[x"),
        Item("array_inner_array_no_comma", "[3[4]]"),
        Item("array_invalid_utf8", #"[\xFF]"#),
        Item("array_items_separated_by_semicolon", "[1:2]"),
        Item("array_just_comma", "[,]"),
        Item("array_just_minus", "[-]"),
        Item("array_missing_value", #"[   , ""]"#),
        Item("array_newlines_unclosed", "[\"a\",\n4\n,1,"),
        Item("array_number_and_comma", "[1,]"),
        Item("array_number_and_several_commas", "[1,,]"),
        Item("array_spaces_vertical_tab_formfeed", #"["\x0Ba"\f]"#),
        Item("array_star_inside", "[*]"),
        Item("array_unclosed", #"[""#),
        Item("array_unclosed_trailing_comma", "[1,"),
        Item("array_unclosed_with_new_lines", "[1,\n1\n,1"),
        Item("array_unclosed_with_object_inside", "[{}"),
        Item("incomplete_false", "[fals]"),
        Item("incomplete_null", "[nul]"),
        Item("incomplete_true", "[tru]"),
        Item("multidigit_number_then_00", #"123\x00"#),
        Item("number_++", "[++1234]"),
        Item("number_+1", "[+1]"),
        Item("number_+Inf", "[+Inf]"),
        Item("number_-01", "[-01]"),
        Item("number_-1.0.", "[-1.0.]"),
        Item("number_-2.", "[-2.]"),
        Item("number_-NaN", "[-NaN]"),
        Item("number_.-1", "[.-1]"),
        Item("number_.2e-3", "[.2e-3]"),
        Item("number_0.1.2", "[0.1.2]"),
        Item("number_0.3e+", "[0.3e+]"),
        Item("number_0.3e", "[0.3e]"),
        Item("number_0.e1", "[0.e1]"),
        Item("number_0_capital_E+", "[0E+]"),
        Item("number_0_capital_E", "[0E]"),
        Item("number_0e+", "[0e+]"),
        Item("number_0e", "[0e]"),
        Item("number_1.0e+", "[1.0e+]"),
        Item("number_1.0e-", "[1.0e-]"),
        Item("number_1.0e", "[1.0e]"),
        Item("number_1_000", "[1 000.0]"),
        Item("number_1eE2", "[1eE2]"),
        Item("number_2.e+3", "[2.e+3]"),
        Item("number_2.e-3", "[2.e-3]"),
        Item("number_2.e3", "[2.e3]"),
        Item("number_9.e+", "[9.e+]"),
        Item("number_Inf", "[Inf]"),
        Item("number_NaN", "[NaN]"),
        Item("number_U+FF11_fullwidth_digit_one", "[１]"),
        Item("number_expression", "[1+2]"),
        Item("number_hex_1_digit", "[0x1]"),
        Item("number_hex_2_digits", "[0x42]"),
        Item("number_infinity", "[Infinity]"),
        Item("number_invalid+-", "[0e+-1]"),
        Item("number_invalid-negative-real", "[-123.123foo]"),
        Item("number_invalid-utf-8-in-bigger-int", #"[123\xE5]"#),
        Item("number_invalid-utf-8-in-exponent", #"[1e1\xE5]"#),
        Item("number_invalid-utf-8-in-int", #"[0\xE5]"#),
        Item("number_minus_infinity", "[-Infinity]"),
        Item("number_minus_sign_with_trailing_garbage", "[-foo]"),
        Item("number_minus_space_1", "[- 1]"),
        Item("number_neg_int_starting_with_zero", "[-012]"),
        Item("number_neg_real_without_int_part", "[-.123]"),
        Item("number_neg_with_garbage_at_end", "[-1x]"),
        Item("number_real_garbage_after_e", "[1ea]"),
        Item("number_real_with_invalid_utf8_after_e", #"[1e\xE5]"#),
        Item("number_real_without_fractional_part", "[1.]"),
        Item("number_starting_with_dot", "[.123]"),
        Item("number_with_alpha", "[1.2a-3]"),
        Item("number_with_alpha_char", "[1.8011670033376514H-308]"),
        Item("number_with_leading_zero", "[012]"),
        Item("object_bad_value", #"["x", truth]"#),
        Item("object_bracket_key", #"{[: "x"}"#),
        Item("object_comma_instead_of_colon", #"{"x", null}"#),
        Item("object_double_colon", #"{"x"::"b"}"#),
        Item("object_emoji", "{🇨🇭}"),
        Item("object_garbage_at_end", #"{"a":"a" 123}"#),
        Item("object_key_with_single_quotes", "{key: 'value'}"),
        Item("object_lone_continuation_byte_in_key_and_trailing_comma", #"{"\xB9":"0",}"#),
        Item("object_missing_colon", #"{"a" b}"#),
        Item("object_missing_key", #"{:"b"}"#),
        Item("object_missing_semicolon", #"{"a" "b"}"#),
        Item("object_missing_value", #"{"a":"#),
        Item("object_no-colon", #"{"a""#),
        Item("object_non_string_key", "{1:1}"),
        Item("object_non_string_key_but_huge_number_instead", "{9999E9999:1}"),
        Item("object_repeated_null_null", "{null:null,null:null}"),
        Item("object_several_trailing_commas", #"{"id":0,,,,,}"#),
        Item("object_single_quote", "{'a':0}"),
        Item("object_trailing_comma", #"{"id":0,}"#),
        Item("object_trailing_comment", #"{"a":"b"}/**/"#),
        Item("object_trailing_comment_open", #"{"a":"b"}/**//"#),
        Item("object_trailing_comment_slash_open", #"{"a":"b"}//"#),
        Item("object_trailing_comment_slash_open_incomplete", #"{"a":"b"}/"#),
        Item("object_two_commas_in_a_row", #"{"a":"b",,"c":"d"}"#),
        Item("object_unquoted_key", #"{a: "b"}"#),
        Item("object_unterminated-value", #"{"a":"a"#),
        Item("object_with_single_string", #"{ "foo" : "bar", "a" }"#),
        Item("object_with_trailing_garbage", #"{"a":"b"}#"#),
        Item("single_space", " "),
        Item("string_1_surrogate_then_escape", #"["\uD800\"]"#),
        Item("string_1_surrogate_then_escape_u", #"["\uD800\u"]"#),
        Item("string_1_surrogate_then_escape_u1", #"["\uD800\u1"]"#),
        Item("string_1_surrogate_then_escape_u1x", #"["\uD800\u1x"]"#),
        Item("string_accentuated_char_no_quotes", "[é]"),
        Item("string_backslash_00", #"["\\#("\u{0}")"]"#),
        Item("string_escape_x", "[\"\\x0\"]"),
        Item("string_escaped_backslash_bad", #"["\\\"]"#),
        Item("string_escaped_ctrl_char_tab", "[\"\\\t\"]"),
        Item("string_escaped_emoji", #"["\🌀"]"#),
        Item("string_incomplete_escape", #"["\"]"#),
        Item("string_incomplete_escaped_character", #"["\u00A"]"#),
        Item("string_incomplete_surrogate", #"["\uD834\uDd"]"#),
        Item("string_incomplete_surrogate_escape_invalid", #"["\uD800\uD800\q"]"#),
        Item("string_invalid-utf-8-in-escape", #"["\u\xE5"]"#),
        Item("string_invalid_backslash_esc", #"["\a"]"#),
        Item("string_invalid_unicode_escape", #"["\uqqqq"]"#),
        Item("string_invalid_utf8_after_escape", #"["\\xE5"]"#),
        Item("string_leading_uescaped_thinspace", #"[\u0020"asd"]"#),
        Item("string_no_quotes_with_bad_escape", #"[\n]"#),
        Item("string_single_doublequote", "\""),
        Item("string_single_quote", "['single quote']"),
        Item("string_single_string_no_double_quotes", "abc"),
        Item("string_start_escape_unclosed", #"["\"#),
        Item("string_unescaped_ctrl_char", #"["a\x00a"]"#),
        Item("string_unescaped_newline", "[\"new\nline\"]"),
        Item("string_unescaped_tab", "[\"\t\"]"),
        Item("string_unicode_CapitalU", #""\UA66D""#),
        Item("string_with_trailing_garbage", #""""# + "x"),
        Item("structure_U+2060_word_joined", #"[\xE2\x81\xA0]"#),
        Item("structure_UTF8_BOM_no_data", #"\xEF\xBB\xBF"#),
        Item("structure_angle_bracket_.", "<.>"),
        Item("structure_angle_bracket_null", "[<null>]"),
        Item("structure_array_trailing_garbage", "[1]x"),
        Item("structure_array_with_extra_array_close", "[1]]"),
        Item("structure_array_with_unclosed_string", #"["asd]"#),
        Item("structure_ascii-unicode-identifier", "aå"),
        Item("structure_capitalized_True", "[True]"),
        Item("structure_close_unopened_array", "1]"),
        Item("structure_comma_instead_of_closing_brace", #"{"x": true,"#),
        Item("structure_double_array", "[][]"),
        Item("structure_end_array", "]"),
        Item("structure_incomplete_UTF8_BOM", #"\xEF\xBB{}"#),
        Item("structure_lone-invalid-utf-8", #"\xE5"#),
        Item("structure_lone-open-bracket", "["),
        Item("structure_no_data", ""),
        Item("structure_null-byte-outside-string", #"[\x00]"#),
        Item("structure_number_with_trailing_garbage", "2@"),
        Item("structure_object_followed_by_closing_object", "{}}"),
        Item("structure_object_unclosed_no_value", #"{"":"#),
        Item("structure_object_with_comment", #"{"a":/*comment*/"b"}"#),
        Item("structure_object_with_trailing_garbage", #"{"a": true} "x""#),
        Item("structure_open_array_apostrophe", "['"),
        Item("structure_open_array_comma", "[,"),
        Item("structure_open_array_open_object", "[{"),
        Item("structure_open_array_open_string", #"["a"#),
        Item("structure_open_array_string", #"["a""#),
        Item("structure_open_object", "{"),
        Item("structure_open_object_close_array", "{]"),
        Item("structure_open_object_comma", "{,"),
        Item("structure_open_object_open_array", "{["),
        Item("structure_open_object_open_string", #"{"a"#),
        Item("structure_open_object_string_with_apostrophes", "{'a'"),
        Item("structure_open_open", #"["\{["\{["\{["\{"#),
        Item("structure_single_eacute", #"\xE9"#),
        Item("structure_single_star", "*"),
        Item("structure_trailing_#", #"{"a":"b"}#{}"#),
        Item("structure_uescaped_LF_before_string", #"[\u000A""]"#),
        Item("structure_unclosed_array", "[1"),
        Item("structure_unclosed_array_partial_null", "[ false, nul"),
        Item("structure_unclosed_array_unfinished_false", "[ true, fals"),
        Item("structure_unclosed_array_unfinished_true", "[ false, tru"),
        Item("structure_unclosed_object", #"{"asd":"asd""#),
        Item("structure_unicode-identifier", "å"),
        Item("structure_whitespace_U+2060_word_joiner", "\u{2060}"),
        Item("structure_whitespace_formfeed", #"[\x0C]"#),
        Item("structure_UTF-16_little_endian", #"[\x00"\x00\xE9\x00"\x00]\x00"#),
    ]

    static let chosen: [Chosen] = [
        // Digits are kept; what a double would make of them is for the reader of the number.
        Chosen("number_double_huge_neg_exp", "[123.456e-789]", kept: "123.456e-789"),
        Chosen("number_huge_exp", "[0.4e00669999999999999999]", kept: "0.4e00669999999999999999"),
        Chosen("number_neg_int_huge_exp", "[-1e+9999]", kept: "-1e+9999"),
        Chosen("number_pos_double_huge_exp", "[1.5e+9999]", kept: "1.5e+9999"),
        Chosen("number_real_underflow", "[123e-10000000]", kept: "123e-10000000"),
        Chosen("number_too_big_neg_int", "[-123123123123123123123123123123]", kept: "-123123123123123123123123123123"),
        Chosen("number_too_big_pos_int", "[100000000000000000000]", kept: "100000000000000000000"),
        Chosen("number_very_big_negative_int", "[-237462374673276894279832]", kept: "-237462374673276894279832"),
        // Lone surrogates: refused from callers, U+FFFD from vendors.
        Chosen("object_key_lone_2nd_surrogate", #"[{"\uDFAA":0}]"#, strict: nil, vendor: [["\u{FFFD}": 0]]),
        Chosen("string_1st_surrogate_but_2nd_missing", #"["\uDADA"]"#, replaced: "\u{FFFD}"),
        Chosen("string_1st_valid_surrogate_2nd_invalid", #"["\uD888\u1234"]"#, replaced: "\u{FFFD}\u{1234}"),
        Chosen("string_incomplete_surrogate_and_escape_valid", #"["\uD800\n"]"#, replaced: "\u{FFFD}\n"),
        Chosen("string_incomplete_surrogate_pair", #"["\uDd1ea"]"#, replaced: "\u{FFFD}a"),
        Chosen("string_incomplete_surrogates_escape_valid", #"["\uD800\uD800\n"]"#, replaced: "\u{FFFD}\u{FFFD}\n"),
        Chosen("string_invalid_lonely_surrogate", #"["\ud800"]"#, replaced: "\u{FFFD}"),
        Chosen("string_invalid_surrogate", #"["\ud800abc"]"#, replaced: "\u{FFFD}abc"),
        Chosen("string_inverted_surrogates_U+1D11E", #"["\uDd1e\uD834"]"#, replaced: "\u{FFFD}\u{FFFD}"),
        Chosen("string_lone_second_surrogate", #"["\uDFAA"]"#, replaced: "\u{FFFD}"),
        // Bytes that are not UTF-8: refused from callers, one U+FFFD per maximal ill-formed part from vendors.
        Chosen("string_UTF-8_invalid_sequence", #"["日ш\xFA"]"#, replaced: "日ш\u{FFFD}"),
        Chosen("string_UTF8_surrogate_U+D800", #"["\xED\xA0\x80"]"#, replaced: "\u{FFFD}\u{FFFD}\u{FFFD}"),
        Chosen("string_invalid_utf-8", #"["\xFF"]"#, replaced: "\u{FFFD}"),
        Chosen("string_iso_latin_1", #"["\xE9"]"#, replaced: "\u{FFFD}"),
        Chosen("string_lone_utf8_continuation_byte", #"["\x81"]"#, replaced: "\u{FFFD}"),
        Chosen("string_not_in_unicode_range", #"["\xF4\xBF\xBF\xBF"]"#, replaced: "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        Chosen("string_overlong_sequence_2_bytes", #"["\xC0\xAF"]"#, replaced: "\u{FFFD}\u{FFFD}"),
        Chosen(
            "string_overlong_sequence_6_bytes",
            #"["\xFC\x83\xBF\xBF\xBF\xBF"]"#,
            replaced: String(repeating: "\u{FFFD}", count: 6)
        ),
        Chosen(
            "string_overlong_sequence_6_bytes_null",
            #"["\xFC\x80\x80\x80\x80\x80"]"#,
            replaced: String(repeating: "\u{FFFD}", count: 6)
        ),
        Chosen("string_truncated-utf-8", #"["\xE0\xFF"]"#, replaced: "\u{FFFD}\u{FFFD}"),
        // Other encodings than UTF-8 are refused by all.
        Chosen("string_UTF-16LE_with_BOM", #"\xFF\xFE[\x00"\x00\xE9\x00"\x00]\x00"#, strict: nil, vendor: nil),
        Chosen("string_utf16BE_no_BOM", #"\x00[\x00"\x00\xE9\x00"\x00]"#, strict: nil, vendor: nil),
        Chosen("string_utf16LE_no_BOM", #"[\x00"\x00\xE9\x00"\x00]\x00"#, strict: nil, vendor: nil),
        // Names that stand twice: refused from callers, the last value wins from vendors (y_ in the suite).
        Chosen("object_duplicated_key", #"[{"a":"b","a":"c"}]"#, strict: nil, vendor: [["a": "c"]]),
        Chosen("object_duplicated_key_and_value", #"[{"a":"b","a":"b"}]"#, strict: nil, vendor: [["a": "b"]]),
    ]
}

extension JSONTestSuiteCases.Chosen {
    init(_ name: String, _ text: String, kept: String) {
        let number = [JSONValue.number(JSONNumber(uncheckedText: kept))]
        self.init(name, text, strict: number, vendor: number)
    }

    init(_ name: String, _ text: String, replaced: String) {
        self.init(name, text, strict: nil, vendor: [.string(replaced)])
    }
}
