//! What the TOML parser says about a file that is not valid TOML, in Chinese.
//!
//! The parser (`toml_parser`, `toml_edit`) speaks English only: a description, and often what it
//! expected instead. What is not in these tables stays English.

/// What is wrong.
#[rustfmt::skip]
const DESCRIPTIONS: &[(&str, &str)] = &[
    ("missing opening quote", "缺少开头的引号"),
    ("string values must be quoted", "文本要加引号"),
    ("invalid string", "字符串有误"),
    ("invalid basic string", "双引号字符串没有正确结束，或含有非法字符"),
    ("invalid literal string", "单引号字符串没有正确结束，或含有非法字符"),
    ("invalid multi-line basic string", "多行字符串（\"\"\"）没有正确结束，或含有非法字符"),
    ("invalid multi-line literal string", "多行字符串（'''）没有正确结束，或含有非法字符"),
    ("missing escaped value", "反斜杠之后缺少转义字符"),
    ("too few unicode value digits", "Unicode 转义的位数不够"),
    ("keys cannot be multi-line basic strings", "键不能写成多行字符串（\"\"\"）"),
    ("keys cannot be multi-line literal strings", "键不能写成多行字符串（'''）"),
    ("duplicate key", "这个键重复了"),
    ("invalid key", "键有误"),
    ("invalid unquoted key", "不加引号的键只能含字母、数字、`-` 和 `_`"),
    ("unquoted keys cannot be empty", "不加引号的键不能为空"),
    ("key with no value", "键后面没有值"),
    ("missing value for key", "键后面缺少值"),
    ("missing value", "缺少值"),
    ("invalid value", "值有误"),
    ("extra `=`", "多了一个 `=`"),
    ("extra assignment between key-value pairs", "键和值之间多了一个 `=`"),
    ("missing assignment between key-value pairs", "键和值之间缺少 `=`"),
    ("invalid key-value pair", "这里应写一行“键 = 值”"),
    ("unexpected key or value", "这里不该有键或值（一行只写一个键）"),
    ("unexpected content", "这里有多余的内容"),
    ("unexpected content between comment and newline", "注释与换行之间有多余的内容"),
    ("invalid table", "表头有误"),
    ("unclosed table", "表头缺少右方括号 `]`"),
    ("unclosed array table", "表头缺少右方括号 `]]`"),
    ("missing table open", "缺少表头的左方括号 `[`"),
    ("unclosed array", "列表缺少右方括号 `]`"),
    ("missing array opening", "列表缺少左方括号 `[`"),
    ("extra comma in array", "列表中多了一个逗号"),
    ("missing comma between array elements", "列表的两项之间缺少逗号"),
    ("unexpected `=` in array", "列表中不该有 `=`"),
    ("unclosed inline table", "花括号没有闭合"),
    ("missing inline table opening", "缺少左花括号 `{`"),
    ("extra comma in inline table", "花括号里多了一个逗号"),
    ("missing comma between key-value pairs", "花括号里的两项之间缺少逗号"),
    ("missing key for inline table element", "花括号里有一项没有键"),
    ("invalid inline table element", "花括号里有一项写法有误"),
    ("invalid boolean", "布尔值只能写小写的 true 或 false"),
    ("invalid date-time", "日期时间有误"),
    ("invalid float", "小数有误"),
    ("invalid integer number", "整数有误"),
    ("invalid hexadecimal number", "十六进制数有误"),
    ("invalid octal number", "八进制数有误"),
    ("invalid binary number", "二进制数有误"),
    ("integer number overflowed", "整数太大，超出了 64 位"),
    ("floating-point number overflowed", "小数太大"),
    ("unexpected leading zero", "数字前面不能有多余的 0"),
    ("unexpected sign", "这里不能有正负号"),
    ("redundant numeric sign", "正负号写了两次"),
    ("redundant integer number prefix", "进制前缀写了两次"),
    ("radix must be lowercase", "进制前缀要小写"),
    ("integers with a radix cannot be signed", "带进制前缀的数不能有正负号"),
    ("`_` may only go between digits", "`_` 只能放在数字之间"),
    ("missing comment start", "注释要以 `#` 开头"),
    ("invalid comment character", "注释中有非法字符"),
    ("carriage return must be followed by newline", "回车符之后必须是换行符"),
    ("cannot recurse further; max recursion depth met", "嵌套太深"),
    ("recursion limit", "嵌套太深"),
    ("syntax error", "语法错误"),
];

/// What is expected.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str)] = &[
    ("newline", "换行"),
    ("key", "键"),
    ("value", "值"),
    ("letters", "字母"),
    ("numbers", "数字"),
    ("digits", "数字"),
    ("characters", "字符"),
    ("basic string", "双引号字符串"),
    ("literal string", "单引号字符串"),
    ("multi-line basic string", "多行字符串"),
    ("multi-line literal string", "多行字符串"),
    ("printable characters", "可打印字符"),
    ("non-double-quote visible characters", "双引号以外的可见字符"),
    ("non-single-quote characters", "单引号以外的字符"),
    ("non-single-quote visible characters", "单引号以外的可见字符"),
    ("unicode hexadecimal value", "十六进制的 Unicode 码点"),
];

fn found(table: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    table.iter().find(|(en, _)| *en == text).map(|(_, zh)| *zh)
}

/// A sentence of the parser in Chinese, if it is one.
pub(super) fn in_chinese(text: &str) -> Option<String> {
    let (what, expected) = match text.split_once(", expected ") {
        Some((what, expected)) => (what, Some(expected)),
        None => (text, None),
    };
    let said = match what.strip_prefix("cannot extend value of type ") {
        Some(rest) => {
            let kind = rest.strip_suffix(" with a dotted key")?;
            format!("带点的键不能写在类型为 {kind} 的值之下")
        }
        None => found(DESCRIPTIONS, what)?.to_owned(),
    };
    // That nothing was expected is said by the description already.
    let Some(expected) = expected.filter(|e| *e != "nothing") else { return Some(said) };
    let words: Vec<&str> =
        expected.split(", ").map(|word| found(EXPECTED, word).unwrap_or(word)).collect();
    let gap = if words[0].starts_with('`') { " " } else { "" };
    Some(format!("{said}，应为{gap}{}", words.join("、")))
}
