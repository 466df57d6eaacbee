//! Help: examples, and the Chinese of what the definitions in [`crate::cli`] say in English.

use clap::{Arg, ArgAction, Command};
use mqlab::story::Lang;

/// Examples of `mqlab`.
pub const MQLAB_EXAMPLES: &str = "\
Examples:
  mqlab                                          the terminal lab: lessons to play, break and explain
  mqlab open kafka/acks-one-leader-power-off     one of them
  mqlab list                                     what can be run
  mqlab run kafka/acks-one-leader-power-off      see a message vanish, and why
  mqlab run kafka/acks-one-leader-power-off --what-if acks-all
  mqlab test                                     everything that must hold
  mqlab doc min.insync.replicas                  what a setting means";

/// Examples of `mqlab open`.
pub const OPEN_EXAMPLES: &str = "\
Examples:
  mqlab open kafka/acks-one-leader-power-off
  mqlab open acks-one-leader-power-off --at 60ms --theme light
  mqlab open acks-one-leader-power-off --what-if acks-all
  mqlab open my-cluster.toml --set producer.checkout.acks=all --seed 3

In the lab: Space plays, the arrows step forth and back, f breaks what is selected,
c changes a setting on a branch, v compares branches, e explains a message, ? shows
all keys. What is done by hand is kept as it happens and offered again next time;
w writes it as a scenario file.

Exit status: 0, or 2 if the file cannot be read or there is no terminal.";

/// Examples of `mqlab run`.
pub const RUN_EXAMPLES: &str = "\
Examples:
  mqlab run kafka/acks-one-leader-power-off
  mqlab run acks-one-leader-power-off --what-if acks-all
  mqlab run acks-one-leader-power-off --set producer.checkout.acks=all --seed 3
  mqlab run my-cluster.toml --until 5s --facts
  mqlab run my-cluster.toml --format json | jq .fates

Exit status: 0 all expectations held, 1 one did not, 2 the file cannot be read,
3 one was vacuous (what it speaks of never happened), 4 inconclusive (stopped by
a budget), 5 one could not be evaluated.";

/// Examples of `mqlab explain`.
pub const EXPLAIN_EXAMPLES: &str = "\
Examples:
  mqlab explain kafka/acks-one-leader-power-off        the worst fate of the run
  mqlab explain acks-one-leader-power-off m4           one message
  mqlab explain acks-one-leader-power-off m4 --seeds 20
  mqlab explain acks-one-leader-power-off m4 --what-if acks-all
  mqlab explain my-cluster.toml m4 --format json | jq .cures

It tells every fact about the message and about what decided its fate, follows
the causes back packet by packet, and then runs again: without each step in
turn, and with each setting that could have mattered. A cure is shown with its
price: latency, the longest time without progress, and other messages that fare
differently. --seeds tries each cure with fresh seeds, since one run proves
little. Of a long run only as much is tried as --cure-events
allows, and what was not tried is named; Ctrl-C ends the search with what it has.

A chain of causes holds events. What did not happen, a heartbeat that never
came, is no event: look for the timer that noticed.

Exit status: 0, or 2 if the file or the message cannot be found.";

/// Examples of `mqlab compare`.
pub const COMPARE_EXAMPLES: &str = "\
Examples:
  mqlab compare kafka/acks-one-leader-power-off        with all its what-ifs
  mqlab compare acks-one-leader-power-off --what-if acks-all
  mqlab compare acks-one-leader-power-off --set producer.checkout.acks=all \\
      --set 'producer.checkout.acks=all; topic.orders.min.insync.replicas=2'
  mqlab compare my-cluster.toml --set topic.orders.flush.messages=1 --format json

The first column is the file as it stands; every --set and --what-if adds one.
All runs use the same seed, and a change moves only what it reaches. Runs part
at the first fact that one of them has and the other has not; facts count as
the same whenever they were stated.

Exit status: 0, or 2 if a file, what-if or setting is wrong.";

/// Examples of `mqlab export`.
pub const EXPORT_EXAMPLES: &str = "\
Examples:
  mqlab export kafka/acks-one-leader-power-off --as html -o report.html
  mqlab export acks-one-leader-power-off --as svg --message m4 -o m4.svg
  mqlab export acks-one-leader-power-off --as mermaid --lang zh
  mqlab export my-cluster.toml --as facts | jq 'select(.fact == \"elected\")'

A diagram shows the decisive moments of one message and the packets that led to
them, not the whole run. The report holds both languages and loads nothing.

Exit status: 0, or 2 if something cannot be read or written.";

/// Examples of `mqlab test`.
pub const TEST_EXAMPLES: &str = "\
Examples:
  mqlab test                                     all scenarios that come with mqlab
  mqlab test scenarios/ my-cluster.toml          folders and files
  mqlab test kafka/acks-one-leader-power-off --seeds 200
  mqlab test --shard 1/4 --junit report.xml      one of four machines in CI
  mqlab test --format github                     annotations on a pull request

The result is the same for any number of --jobs. Ctrl-C stops after the runs
under way and reports what finished.

Exit status: as for mqlab run; the worst case counts.";

/// Examples of `mqlab check`.
pub const CHECK_EXAMPLES: &str = "\
Examples:
  mqlab check my-cluster.toml
  mqlab check scenarios/
  mqlab check scenarios/ --format json

Exit status: 0 no errors, 2 at least one.";

/// Examples of `mqlab list`.
pub const LIST_EXAMPLES: &str = "\
Examples:
  mqlab list --topic isr
  mqlab list --system kafka --level beginner
  mqlab list --search 'power' --format json";

/// Examples of `mqlab schema`.
pub const SCHEMA_EXAMPLES: &str = "\
Examples:
  mqlab schema > scenario.schema.json
  then, in the first line of a file:  #:schema ./scenario.schema.json";

/// Examples of `mqlab doc`.
pub const DOC_EXAMPLES: &str = "\
Examples:
  mqlab doc acks
  mqlab doc isr-shrunk
  mqlab doc lost";

/// Examples of `mqlab completions`.
pub const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  mqlab completions bash > ~/.local/share/bash-completion/completions/mqlab
  mqlab completions zsh  > ~/.zfunc/_mqlab
  mqlab completions fish > ~/.config/fish/completions/mqlab.fish";

/// Chinese for each subcommand (the empty name is `mqlab` itself): what it does, and examples.
const COMMANDS: &[(&str, &str, &str)] = &[
    (
        "",
        "消息队列的确定性模拟器与教学实验室",
        "\
示例：
  mqlab                                          终端实验室：播放、破坏、解释每一课
  mqlab open kafka/acks-one-leader-power-off     打开其中一课
  mqlab list                                     有哪些场景
  mqlab run kafka/acks-one-leader-power-off      看一条消息如何消失，以及为什么
  mqlab run kafka/acks-one-leader-power-off --what-if acks-all
  mqlab test                                     所有必须成立的结论
  mqlab doc min.insync.replicas                  某项配置是什么意思",
    ),
    (
        "open",
        "在终端实验室中打开一个场景：步进、后退、制造故障、分支、比较",
        "\
示例：
  mqlab open kafka/acks-one-leader-power-off
  mqlab open acks-one-leader-power-off --at 60ms --theme light
  mqlab open acks-one-leader-power-off --what-if acks-all
  mqlab open my-cluster.toml --set producer.checkout.acks=all --seed 3

在实验室里：空格播放，方向键前进后退，f 对选中的对象制造故障，c 换一个配置并
另开分支，v 比较分支，e 解释消息，? 显示全部按键。手动操作会随时保存，下次打开
时可以接着来；w 把它写成场景文件。

退出码：0；文件无法读取或没有终端时为 2。",
    ),
    (
        "run",
        "把一个场景运行到底，讲述发生了什么、为什么",
        "\
示例：
  mqlab run kafka/acks-one-leader-power-off
  mqlab run acks-one-leader-power-off --what-if acks-all
  mqlab run acks-one-leader-power-off --set producer.checkout.acks=all --seed 3
  mqlab run my-cluster.toml --until 5s --facts
  mqlab run my-cluster.toml --format json | jq .fates

退出码：0 全部期望成立；1 有期望不成立；2 文件无法读取；3 有期望落空（所说的事
从未发生）；4 未有定论（预算耗尽）；5 有期望无法求值。",
    ),
    (
        "explain",
        "讲述一条消息的一生：为什么是这个结局，怎样才能避免",
        "\
示例：
  mqlab explain kafka/acks-one-leader-power-off        本次运行中最坏的结局
  mqlab explain acks-one-leader-power-off m4           指定一条消息
  mqlab explain acks-one-leader-power-off m4 --seeds 20
  mqlab explain acks-one-leader-power-off m4 --what-if acks-all
  mqlab explain my-cluster.toml m4 --format json | jq .cures

先讲述与这条消息有关、以及决定其结局的每一条事实，再逐个数据包回溯原因，然后
重新运行：依次去掉每个步骤，依次改变每项可能有关的配置。每种办法都附上代价：
时延、最长无进展时间，以及结局随之改变的其他消息。--seeds 用新的种子再试，因为
单次运行说明不了太多。运行很长时，只在 --cure-events 个事件之内尝试，并说明还有
哪些没有试过；Ctrl-C 会停止尝试，已得到的结果照样给出。

因果链由事件组成。没有发生的事（例如一直没来的心跳）不是事件：请看发现它的那个
定时器。

退出码：0；文件或消息找不到时为 2。",
    ),
    (
        "compare",
        "同一次运行，换几种配置或假设（what-if），并排比较",
        "\
示例：
  mqlab compare kafka/acks-one-leader-power-off        与文件中的全部假设比较
  mqlab compare acks-one-leader-power-off --what-if acks-all
  mqlab compare acks-one-leader-power-off --set producer.checkout.acks=all \\
      --set 'producer.checkout.acks=all; topic.orders.min.insync.replicas=2'
  mqlab compare my-cluster.toml --set topic.orders.flush.messages=1 --format json

第一列是文件原样；每个 --set 和 --what-if 各加一列。所有运行使用同一个种子，改变
只影响它触及的部分。两次运行从第一条“一边有、另一边没有”的事实起分道扬镳；内容
相同的事实，无论何时发生都算同一条。

退出码：0；文件、假设或配置有误时为 2。",
    ),
    (
        "export",
        "把一次运行导出为事实、时序图或报告",
        "\
示例：
  mqlab export kafka/acks-one-leader-power-off --as html -o report.html
  mqlab export acks-one-leader-power-off --as svg --message m4 -o m4.svg
  mqlab export acks-one-leader-power-off --as mermaid --lang zh
  mqlab export my-cluster.toml --as facts | jq 'select(.fact == \"elected\")'

时序图只画一条消息的关键时刻，以及导致它们的数据包，不画整次运行。报告内含两种
语言，不加载任何外部资源。

退出码：0；无法读取或写入时为 2。",
    ),
    (
        "test",
        "把场景作为回归测试运行",
        "\
示例：
  mqlab test                                     mqlab 自带的全部场景
  mqlab test scenarios/ my-cluster.toml          目录与文件
  mqlab test kafka/acks-one-leader-power-off --seeds 200
  mqlab test --shard 1/4 --junit report.xml      CI 中四台机器之一
  mqlab test --format github                     在 Pull Request 上标注

无论 --jobs 是多少，结果都相同。按 Ctrl-C 会等正在进行的运行结束，再报告已完成
的部分。

退出码：同 mqlab run，取最差的一个。",
    ),
    (
        "check",
        "检查场景文件，列出全部错误",
        "\
示例：
  mqlab check my-cluster.toml
  mqlab check scenarios/
  mqlab check scenarios/ --format json

退出码：0 没有错误；2 至少有一处错误。",
    ),
    (
        "list",
        "列出 mqlab 自带的场景",
        "\
示例：
  mqlab list --topic isr
  mqlab list --system kafka --level beginner
  mqlab list --search 断电 --format json",
    ),
    (
        "schema",
        "输出场景文件的 JSON Schema，供编辑器使用",
        "\
示例：
  mqlab schema > scenario.schema.json
  然后在文件首行写：  #:schema ./scenario.schema.json",
    ),
    (
        "doc",
        "解释一项配置、一种事实或一种结局",
        "\
示例：
  mqlab doc acks
  mqlab doc isr-shrunk
  mqlab doc lost",
    ),
    (
        "completions",
        "输出某个 shell 的补全脚本",
        "\
示例：
  mqlab completions bash > ~/.local/share/bash-completion/completions/mqlab
  mqlab completions zsh  > ~/.zfunc/_mqlab
  mqlab completions fish > ~/.config/fish/completions/mqlab.fish",
    ),
];

/// Chinese for each argument, by subcommand and id.
const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("", "lang", "输出使用的语言：en 或 zh [默认：取自 LC_ALL、LC_MESSAGES 与 LANG]"),
    (
        "",
        "color",
        "何时使用颜色：auto（遵守 NO_COLOR 与管道）、always、16（只用终端自己的 16 色）或 never",
    ),
    ("", "theme", "终端实验室的配色：auto、dark 或 light [默认：auto]"),
    ("", "ascii", "终端实验室只用 ASCII 字符绘制"),
    ("open", "scenario", "`mqlab list` 中的名字，或场景文件的路径"),
    ("open", "seed", "改用另一个种子"),
    ("open", "set", "改变一项配置，例如 producer.checkout.acks=all；可重复"),
    ("open", "what_if", "改为打开文件中的这个假设（what-if）"),
    ("open", "at", "从哪里开始：时刻（60ms）、事件（#310）或 end"),
    ("open", "theme", "终端实验室的配色：auto、dark 或 light [默认：auto]"),
    ("open", "ascii", "终端实验室只用 ASCII 字符绘制"),
    ("run", "scenario", "`mqlab list` 中的名字，或场景文件的路径"),
    ("run", "seed", "改用另一个种子"),
    ("run", "set", "改变一项配置，例如 producer.checkout.acks=all；可重复"),
    ("run", "what_if", "改为运行文件中的这个假设（what-if）"),
    ("run", "cell", "改为运行矩阵中的这一格：每个轴一个值，以逗号分隔"),
    ("run", "until", "运行到这个时刻为止，例如 1500ms"),
    ("run", "facts", "打印每一条事实，而不只是重要的"),
    ("run", "format", "结果的输出格式：text 或 json"),
    ("explain", "scenario", "`mqlab list` 中的名字，或场景文件的路径"),
    ("explain", "message", "消息，例如 m4 [默认：结局最坏的那条]"),
    ("explain", "seed", "改用另一个种子"),
    ("explain", "set", "改变一项配置，例如 producer.checkout.acks=all；可重复"),
    ("explain", "what_if", "改为运行文件中的这个假设（what-if）"),
    ("explain", "seeds", "每种办法再用这么多个新种子试验"),
    ("explain", "cure_events", "为寻找避免的办法最多重跑这么多个事件，0 表示不找"),
    ("explain", "format", "结果的输出格式：text 或 json"),
    ("compare", "scenario", "`mqlab list` 中的名字，或场景文件的路径"),
    ("compare", "set", "再加一次使用该配置的运行；同一次运行的多项配置以分号分隔"),
    ("compare", "what_if", "再加一次运行：文件中的这个假设；可重复 [默认：全部假设]"),
    ("compare", "seed", "改用另一个种子"),
    ("compare", "format", "结果的输出格式：text 或 json"),
    ("export", "scenario", "`mqlab list` 中的名字，或场景文件的路径"),
    ("export", "seed", "改用另一个种子"),
    ("export", "set", "改变一项配置，例如 producer.checkout.acks=all；可重复"),
    ("export", "what_if", "改为运行文件中的这个假设（what-if）"),
    ("export", "form", "导出为：facts（逐行 JSON）、mermaid、svg 或 html"),
    ("export", "message", "时序图所画的消息 [默认：结局最坏的那条]"),
    ("export", "output", "写入的文件 [默认：标准输出]"),
    ("test", "paths", "名字、场景文件或目录 [默认：mqlab 自带的全部场景]"),
    ("test", "seeds", "每个场景另外再跑这么多个种子，并判定关于多个种子的期望"),
    ("test", "jobs", "同时运行多少个 [默认：每核一个]"),
    ("test", "shard", "只运行 N 等份中的第 K 份，例如 1/4"),
    ("test", "base_only", "不运行假设（what-if）与矩阵"),
    ("test", "junit", "另外写一份 JUnit 报告"),
    ("test", "format", "报告的格式：text、json 或 github"),
    ("check", "paths", "名字、场景文件或目录 [默认：mqlab 自带的全部场景]"),
    ("list", "system", "只列出该系统的场景，例如 kafka"),
    ("list", "topic", "只列出讲授该主题的场景，例如 isr"),
    ("list", "level", "只列出该难度的场景：beginner、intermediate 或 advanced"),
    ("list", "search", "只列出名字、标题、问题或主题中包含此文字的场景"),
    ("check", "format", "检查结果的输出格式：text 或 json"),
    ("list", "format", "列表的输出格式：text 或 json"),
    ("doc", "name", "配置、事实或结局，例如 min.insync.replicas、truncated、lost"),
    ("completions", "shell", "哪种 shell：bash、zsh、fish、elvish 或 powershell"),
];

/// The command line with its help in a language.
pub fn localise(command: Command, lang: Lang) -> Command {
    match lang {
        Lang::En => command,
        Lang::Zh => {
            let names: Vec<String> =
                command.get_subcommands().map(|c| c.get_name().to_string()).collect();
            let root = translate(command, "");
            names
                .into_iter()
                .fold(root, |root, name| root.mut_subcommand(&name, |sub| translate(sub, &name)))
        }
    }
}

/// The page of help, with Chinese headings.
const TEMPLATE: &str = "\
{about-with-newline}
用法：{usage}

{all-args}

{after-help}";

fn translate(command: Command, name: &str) -> Command {
    let known: Vec<(String, bool)> =
        command.get_arguments().map(|a| (a.get_id().to_string(), a.is_positional())).collect();
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助");
    let mut command = command
        .help_template(TEMPLATE)
        .subcommand_help_heading("命令")
        .disable_help_flag(true)
        .arg(help.help_heading("选项"));
    if name.is_empty() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command =
            command.disable_version_flag(true).arg(version.help("显示版本").help_heading("选项"));
    }
    if let Some((_, about, examples)) = COMMANDS.iter().find(|(n, _, _)| *n == name) {
        command = command.about(*about).after_help(*examples);
    }
    for (_, id, help) in ARGUMENTS.iter().filter(|(n, _, _)| *n == name) {
        if let Some((_, positional)) = known.iter().find(|(k, _)| k == id) {
            let heading = if *positional { "参数" } else { "选项" };
            // What clap says of values is English; the Chinese help names them itself.
            command = command.mut_arg(id, |arg| {
                let words = arg.get_action().takes_values();
                let arg = if words { arg.hide_possible_values(true) } else { arg };
                arg.help(*help).help_heading(heading)
            });
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;

    #[test]
    fn every_command_and_argument_has_chinese_help() {
        let command = Arguments::command();
        let mut pairs: Vec<(String, String)> = Vec::new();
        let ids = |c: &Command| -> Vec<String> {
            c.get_arguments().map(|a| a.get_id().to_string()).collect()
        };
        pairs.extend(ids(&command).into_iter().map(|id| (String::new(), id)));
        for sub in command.get_subcommands() {
            let name = sub.get_name().to_string();
            assert!(COMMANDS.iter().any(|(n, _, _)| *n == name), "{name}");
            pairs.extend(ids(sub).into_iter().map(|id| (name.clone(), id)));
        }
        for (name, id) in pairs {
            assert!(
                ARGUMENTS.iter().any(|(n, i, _)| *n == name && *i == id),
                "no Chinese help for {name} {id}"
            );
        }
    }
}
