//! Everything the program says in its own voice, in both languages. What a scenario says comes
//! from its file; what a run says comes from the library's story.

pub mod help;

use mqlab::cluster::run::Ended;
use mqlab::kernel::Time;
use mqlab::scenario::model::Level;
use mqlab::story::Lang;

/// The program's voice in a language.
#[derive(Clone, Copy, Debug)]
pub struct Say {
    /// The language.
    pub lang: Lang,
}

/// Fixed phrases: name, English, Chinese.
macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $zh:literal;)*) => {
        impl Say {
            $($(#[$doc])* pub fn $name(self) -> &'static str { self.lang.pick($en, $zh) })*
        }
    };
}

mod deeds;
mod inquiry;
mod pages;
mod screen;

phrases! {
    /// The word before a failure's message.
    error: "error", "错误";
    /// A heading.
    what_happened: "What happened", "经过";
    /// A heading.
    every_fact: "Every fact", "全部事实";
    /// A heading.
    what_became: "What became of the messages", "消息的结局";
    /// A heading.
    why: "Why", "为什么";
    /// A heading.
    drawn: "The faults that were drawn, as steps", "所选的故障，写成步骤";
    /// A heading.
    predictions: "Predictions", "预测";
    /// A heading.
    expectations: "Expectations", "期望";
    /// A heading.
    matrix: "Every combination", "全部组合";
    /// A heading.
    answer: "Moral", "结论";
    /// A heading.
    what_ifs: "What if", "假如";
    /// Marks the right option of a prediction.
    right: "right", "正确";
    /// Marks a wrong option of a prediction.
    wrong: "wrong", "错误";
    /// Before the belief behind a wrong option.
    belief: "The belief behind it", "背后的误解";
    /// Before the number of events.
    events: "events", "个事件";
    /// Before the digest.
    digest: "digest", "摘要";
    /// Before the command that reproduces the run.
    again: "Again", "重现";
    /// Before what was expected.
    expected: "expected", "期望";
    /// Before what was found.
    actual: "actual", "实际";
    /// Before the command that reproduces a failure.
    reproduce: "reproduce", "重现";
    /// What a run that stopped before its own end cannot answer.
    stopped_early: "The run was stopped before its end: nothing is concluded.",
        "运行在终点之前停止，不作结论。";
    /// No messages at all.
    no_messages: "No message was planned.", "没有计划发送任何消息。";
    /// Column heading.
    scenario: "scenario", "场景";
    /// Column heading.
    level: "level", "难度";
    /// Column heading.
    title: "title", "标题";
    /// Column heading.
    outcome: "outcome", "结局";
    /// Column heading.
    verdict: "verdict", "判定";
    /// Nothing matches a filter.
    nothing_listed: "No scenario matches. `mqlab list` shows them all.",
        "没有符合条件的场景。`mqlab list` 会列出全部场景。";
    /// The file has no matrix.
    no_matrix: "this scenario has no matrix", "该场景没有矩阵";
    /// The file has no what-ifs.
    no_what_ifs: "this scenario has no what-ifs", "该场景没有假设（what-if）";
    /// Ctrl-C was pressed.
    interrupted: "Stopped by Ctrl-C; cases not run are not counted as passed.",
        "已被 Ctrl-C 中止；没有运行的用例不计为通过。";
    /// A case that was not run.
    not_run: "not run", "未运行";
    /// A combination the real system refuses.
    refused_combination: "refused", "被拒绝";
    /// The simulator itself failed.
    simulator_stopped: "the simulator stopped with an internal error; please report this scenario",
        "模拟器内部出错而停止，请报告这个场景";
    /// A file that cannot be read.
    unreadable_file: "cannot be read as a scenario", "无法作为场景读取";
    /// The base case of a scenario.
    default_word: "default", "默认";
    /// Where a setting belongs.
    setting_of: "setting", "配置";
    /// What sort of word.
    fact: "fact", "事实";
    /// What sort of word.
    outcome_word: "outcome", "结局";
    /// A real setting without effect.
    unmodelled: "is a real setting that is not modelled yet; using it in a file is an error",
        "是真实存在的配置，但尚未建模；在文件中使用会报错";
    /// Where facts can be used.
    fact_usage: "In files:", "在文件中：";
    /// Before a range.
    range: "range", "取值范围";
    /// Before a list of words.
    one_of: "one of", "可取";
    /// Before a list of words several of which may be chosen.
    some_of: "some of, in order", "可按顺序取若干个";
    /// The first line of the overview.
    welcome: "mqlab runs message queues in a simulated world, breaks them, and says what became of \
        every message.",
        "mqlab 在模拟的世界里运行消息队列，制造故障，并说清每一条消息的结局。";
    /// A folder that holds no scenarios.
    no_scenarios: "no scenario files (*.toml) found there", "其中没有场景文件（*.toml）";
    /// Nothing to run.
    empty_shard: "No scenario falls into this part.", "这一份里没有场景。";
}

impl Say {
    /// What a run came to, or another sentence of the library, in the language of the reader.
    pub fn told(self, text: &str) -> String {
        let chinese = match self.lang {
            Lang::En => None,
            Lang::Zh => mqlab::scenario::in_chinese(text),
        };
        chinese.unwrap_or_else(|| text.to_string())
    }

    /// A value of a setting as a table shows it: Kafka's way of saying "never" is told as such.
    pub fn value(self, value: &str) -> String {
        if value == i64::MAX.to_string() {
            return self.lang.pick("unset (Long.MAX)", "未设置（Long.MAX）").to_string();
        }
        value.to_string()
    }

    /// The name of a level.
    pub fn level_name(self, level: Level) -> &'static str {
        match level {
            Level::Beginner => self.lang.pick("beginner", "入门"),
            Level::Intermediate => self.lang.pick("intermediate", "进阶"),
            Level::Advanced => self.lang.pick("advanced", "高级"),
        }
    }

    /// Why the run ended.
    pub fn ended(self, ended: Ended, time: Time) -> String {
        match (ended, self.lang) {
            (Ended::AtEnd, Lang::En) => format!("ended at {time}, as the file says"),
            (Ended::AtEnd, Lang::Zh) => format!("在 {time} 按文件规定结束"),
            (Ended::Quiet, Lang::En) => format!("ended at {time}: nothing was left to happen"),
            (Ended::Quiet, Lang::Zh) => format!("在 {time} 结束：再没有事会发生"),
            (Ended::Until, Lang::En) => format!("stopped at {time}, as asked by --until"),
            (Ended::Until, Lang::Zh) => format!("按 --until 的要求在 {time} 停止"),
            (Ended::Budget, Lang::En) => {
                format!("stopped at {time}: the budget of events was used up")
            }
            (Ended::Budget, Lang::Zh) => format!("在 {time} 停止：事件预算已耗尽"),
        }
    }

    /// After a line that tells a stretch of time: when the stretch ended.
    pub fn until(self, time: Time) -> String {
        match self.lang {
            Lang::En => format!(" (until {time})"),
            Lang::Zh => format!("（至 {time}）"),
        }
    }

    /// Rows that are left out.
    pub fn more_rows(self, more: usize) -> String {
        match self.lang {
            Lang::En => format!("… and {more} rows more; --format json has every message"),
            Lang::Zh => format!("……另有 {more} 行；--format json 会列出每一条消息"),
        }
    }

    /// A name that is in no catalogue and no file.
    pub fn unknown_scenario(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("there is no scenario and no file `{name}`"),
            Lang::Zh => format!("没有名为 `{name}` 的场景或文件"),
        }
    }

    /// Names that may have been meant.
    pub fn did_you_mean(self, names: &[String]) -> String {
        match self.lang {
            Lang::En => format!("Did you mean: {}", names.join(", ")),
            Lang::Zh => format!("您是不是想找：{}", names.join("、")),
        }
    }

    /// What to do without a suggestion.
    pub fn see_list(self) -> &'static str {
        self.lang.pick("`mqlab list` shows all scenarios.", "`mqlab list` 会列出全部场景。")
    }

    /// A short name that stands for several scenarios.
    pub fn ambiguous(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("`{name}` is the name of several scenarios"),
            Lang::Zh => format!("`{name}` 对应多个场景"),
        }
    }

    /// A file that the system would not give us.
    pub fn cannot_read(self, path: &str, why: &str) -> String {
        match self.lang {
            Lang::En => format!("cannot read {path}: {why}"),
            Lang::Zh => format!("无法读取 {path}：{why}"),
        }
    }

    /// A file that the system would not take.
    pub fn cannot_write(self, path: &str, why: &str) -> String {
        match self.lang {
            Lang::En => format!("cannot write {path}: {why}"),
            Lang::Zh => format!("无法写入 {path}：{why}"),
        }
    }

    /// A folder where one file was needed.
    pub fn is_a_folder(self, path: &str) -> String {
        match self.lang {
            Lang::En => format!("{path} is a folder; this command takes one scenario"),
            Lang::Zh => format!("{path} 是目录；这个命令一次只接受一个场景"),
        }
    }

    /// A file that is far too large for a scenario.
    pub fn too_large(self, path: &str, bytes: u64) -> String {
        match self.lang {
            Lang::En => format!(
                "{path}: a scenario file has at most 1 MiB, and this has {bytes} bytes; is this the \
                 right file?"
            ),
            Lang::Zh => {
                format!("{path}：场景文件最大 1 MiB，而这个文件有 {bytes} 字节；是不是选错了文件？")
            }
        }
    }

    /// A file that is not text, and the line and the byte at which it stops being so.
    pub fn not_utf8(self, path: &str, line: usize, byte: usize) -> String {
        match self.lang {
            Lang::En => format!(
                "{path}:{line}: not UTF-8 text from byte {byte} on; save the file with the \
                 encoding UTF-8"
            ),
            Lang::Zh => {
                format!("{path}:{line}：从第 {byte} 字节起不是 UTF-8 文本；请以 UTF-8 编码保存文件")
            }
        }
    }

    /// A scenario file with mistakes, after they have been printed.
    pub fn file_has_mistakes(self, name: &str, errors: usize) -> String {
        match self.lang {
            Lang::En => format!("{name} has {errors} mistake{}", plural(errors)),
            Lang::Zh => format!("{name} 中有 {errors} 处错误"),
        }
    }

    /// A what-if that the file does not have.
    pub fn unknown_what_if(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("this scenario has no what-if `{name}`"),
            Lang::Zh => format!("该场景没有名为 `{name}` 的假设（what-if）"),
        }
    }

    /// A cell that the matrix does not have.
    pub fn unknown_cell(self, cell: &str) -> String {
        match self.lang {
            Lang::En => format!("the matrix of this scenario has no cell `{cell}`"),
            Lang::Zh => format!("该场景的矩阵中没有 `{cell}` 这一格"),
        }
    }

    /// The things on offer.
    pub fn there_are(self, names: &[String]) -> String {
        match self.lang {
            Lang::En => format!("There are: {}", names.join(" | ")),
            Lang::Zh => format!("可选：{}", names.join(" | ")),
        }
    }

    /// A combination of settings the real system does not accept.
    pub fn refused_cell(self, cell: &str, why: &str) -> String {
        match self.lang {
            Lang::En => format!("the real system refuses {cell}: {why}"),
            Lang::Zh => format!("真实系统拒绝 {cell}：{why}"),
        }
    }

    /// A word nobody knows.
    pub fn unknown_word(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("`{name}` is no setting, fact or outcome"),
            Lang::Zh => format!("`{name}` 不是配置、事实，也不是结局"),
        }
    }

    /// The end of `mqlab check`.
    pub fn checked(self, files: usize, errors: usize, warnings: usize) -> String {
        match self.lang {
            Lang::En => format!(
                "{files} file{} checked: {errors} error{}, {warnings} warning{}",
                plural(files),
                plural(errors),
                plural(warnings)
            ),
            Lang::Zh => format!("检查了 {files} 个文件：{errors} 处错误，{warnings} 处警告"),
        }
    }

    /// What the program says of many seeds and was not asked to check.
    pub fn over_seeds_unchecked(self, count: usize) -> String {
        match self.lang {
            Lang::En => format!(
                "{count} expectation{} over many seeds not checked; `mqlab test --seeds N` does",
                plural(count)
            ),
            Lang::Zh => {
                format!("另有 {count} 条关于多个种子的期望未检查；用 `mqlab test --seeds N` 检查")
            }
        }
    }

    /// How much of a scenario was run and judged.
    pub fn counts(self, cases: usize, expectations: usize) -> String {
        match self.lang {
            Lang::En => format!(
                "{cases} case{}, {expectations} expectation{}",
                plural(cases),
                plural(expectations)
            ),
            Lang::Zh => format!("{cases} 个用例，{expectations} 条期望"),
        }
    }

    /// The beginning of the last line of a test, before the totals.
    pub fn summary(self, scenarios: usize, cases: usize, planned: usize) -> String {
        let part = if cases < planned { format!("{cases}/{planned}") } else { cases.to_string() };
        match self.lang {
            Lang::En => {
                let (s, c) = (plural(scenarios), plural(cases));
                format!("{scenarios} scenario{s}, {part} case{c}: ")
            }
            Lang::Zh => format!("{scenarios} 个场景，{part} 个用例："),
        }
    }

    /// What a sentence over many seeds rests on.
    pub fn seeds_run(self, seeds: u64) -> String {
        match self.lang {
            Lang::En => format!("over {seeds} seeds"),
            Lang::Zh => format!("共 {seeds} 个种子"),
        }
    }

    /// The progress bar's words.
    pub fn progress_failures(self, failures: usize) -> String {
        match self.lang {
            Lang::En => format!("{failures} failed"),
            Lang::Zh => format!("{failures} 个不符"),
        }
    }

    /// The last lines of the overview.
    pub fn overview_hints(self) -> &'static [(&'static str, &'static str)] {
        match self.lang {
            Lang::En => &[
                ("mqlab", "in a terminal: the lab, to play, break and explain lessons"),
                ("mqlab open NAME", "the lab on one scenario"),
                ("mqlab run NAME", "play one and see what became of its messages"),
                ("mqlab test", "check that everything holds"),
                ("mqlab doc WORD", "what a setting, fact or outcome means"),
                ("mqlab --help", "everything else"),
            ],
            Lang::Zh => &[
                ("mqlab", "在终端里：打开实验室，播放、破坏、解释每一课"),
                ("mqlab open 名字", "在实验室中打开一个场景"),
                ("mqlab run 名字", "运行一个场景，看消息的结局"),
                ("mqlab test", "检查所有结论是否成立"),
                ("mqlab doc 词", "解释配置、事实或结局"),
                ("mqlab --help", "其他一切"),
            ],
        }
    }
}

/// The English ending of a count.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
