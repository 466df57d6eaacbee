//! What the terminal lab says.

use super::{Say, plural};
use crate::screen::lessons::Stand;
use mqlab::story::Lang;
use mqlab::substrate::{DiskHealth, Power};

phrases! {
    /// Between a word and what it is about.
    colon: ": ", "：";
    /// A heading.
    cluster: "Cluster", "集群";
    /// A heading.
    on_the_wire: "On the wire", "传输中";
    /// A heading.
    timeline: "Timeline", "时间线";
    /// Nothing is being sent.
    wire_quiet: "nothing is on the wire", "此刻没有传输中的数据包";
    /// A tab.
    tab_lesson: "Lesson", "课程";
    /// A tab.
    tab_facts: "Facts", "事实";
    /// A tab.
    tab_ledger: "Ledger", "账本";
    /// A tab.
    tab_message: "Message", "消息";
    /// A tab.
    tab_settings: "Settings", "配置";
    /// Before the first step.
    nothing_yet: "Nothing has happened yet.", "还什么都没有发生。";
    /// What to do at the beginning of a lesson.
    begin: "Space plays, → goes one fact on, p goes on to the next question.",
        "空格播放，→ 前进一个事实，p 直接播放到下一个提问。";
    /// Nothing is selected.
    select_something: "Select a message with , and . or a node with ↑ and ↓ (or click).",
        "用 , 和 . 选消息，用 ↑ 和 ↓ 选节点，也可以点击。";
    /// Explain needs a message.
    select_a_message: "Nothing went wrong so far; select a message with , and . to have it explained.",
        "到目前为止没有异常；用 , 和 . 选一条消息再解释。";
    /// While causes are sought.
    explaining: "Explaining…", "正在分析……";
    /// While branches are compared.
    comparing: "Playing both branches to their ends…", "正在把两个分支都运行到终点……";
    /// While a session is written.
    writing: "Writing the session and running the file to see whether it comes to the same…",
        "正在写出，并运行该文件以确认结果一致……";
    /// Work was given up.
    stopped: "Stopped.", "已中止。";
    /// Nothing further in this direction.
    no_more: "There is no more of that in this direction.", "这个方向上没有了。";
    /// The run is over.
    over: "The run is over. ← goes back, v compares, e explains.",
        "运行已结束。← 后退，v 比较，e 解释。";
    /// The run is over for the first time.
    over_first: "The run is over: see what became of your predictions.",
        "运行已结束：看看你的预测对不对。";
    /// How to leave.
    q_leaves: "q leaves, ? shows all keys.", "q 离开，? 显示全部按键。";
    /// A question was closed without an answer.
    question_put_off: "The question waits here; P opens it again. Going back is free.",
        "问题留在这里，按 P 再打开；可以随意后退。";
    /// Nothing is in the menu.
    nothing_on_offer: "There is nothing on offer for what is selected.", "对选中的对象没有可用的操作。";
    /// A prompt.
    bookmark_title: "Bookmark", "书签";
    /// A prompt.
    bookmark_hint: "What is worth remembering here?", "这里有什么值得记住？";
    /// A prompt.
    search_facts: "Search", "搜索";
    /// A prompt.
    search_facts_hint: "a message (m4), a node (broker-2), or words of a fact (elected)",
        "消息（m4）、节点（broker-2），或事实中的文字（elected、选举）";
    /// A prompt.
    search_lessons: "Search lessons", "搜索课程";
    /// A prompt.
    search_lessons_hint: "words of a name, title, question or topic", "名字、标题、问题或知识点中的文字";
    /// A prompt.
    go_to_title: "Go to", "前往";
    /// A prompt.
    go_to_hint: "60ms · #310 · m4 · broker-2 · '1 (bookmark) · end",
        "60ms · #310 · m4 · broker-2 · '1（书签） · end";
    /// A prompt.
    write_title: "Write the session as", "把会话写成";
    /// A prompt.
    write_hint: "the path of a scenario file", "场景文件的路径";
    /// Nothing selected: the menu is about everything.
    whole_cluster: "the whole cluster", "整个集群";
    /// A menu entry.
    another_value: "another value…", "输入其他值……";
    /// The value a setting has.
    value_now: "now", "当前值";
    /// The value a setting has unless somebody sets it.
    value_default: "default", "默认值";
    /// How a change takes effect.
    holds_from_the_start: "a branch in which it holds from the start", "另开分支，从头起就是这个值";
    /// How a change takes effect.
    changes_now: "changed now, while the cluster runs", "现在就在线修改";
    /// A branch without a change.
    same_run: "the same run", "同一运行";
    /// A heading.
    palette_title: "Commands and places", "命令与位置";
    /// A filter that lets everything through.
    all_of_them: "all", "全部";
    /// A menu entry.
    take_up: "Take up where you were", "接着上次继续";
    /// A menu entry.
    start_afresh: "Start afresh", "重新开始";
    /// A menu entry.
    start_afresh_detail: "what was kept is forgotten", "丢弃上次保存的内容";
    /// A menu.
    kept_title: "A session with this scenario was kept", "这个场景有上次保存的会话";
    /// A menu entry.
    reload_now: "Open it anew", "重新打开";
    /// A menu entry.
    reload_detail: "what was done by hand is done again where it still makes sense",
        "手动操作在仍然有意义时会重新执行";
    /// A menu entry.
    not_now: "Not now", "暂不";
    /// A menu entry.
    not_now_detail: "R does it later", "之后可按 R";
    /// A menu.
    changed_title: "The file has changed on the disk", "磁盘上的文件已改变";
    /// The file is open anew.
    restored: "Done: everything fits.", "完成：全部操作都已恢复。";
    /// A page.
    help_title: "Keys and commands", "按键与命令";
    /// A page.
    notes_title: "Teacher's notes", "教师备注";
    /// A page.
    aloud_title: "This moment in words", "此刻的文字描述";
    /// A page.
    dropped_title: "Not everything still makes sense", "有些操作已不再适用";
    /// A heading.
    your_predictions: "Your predictions", "你的预测";
    /// What is wrong now is not in the end.
    passes_by_itself: "As the run goes on, this passes by itself.", "随着运行继续，这个问题会自行消失。";
    /// A heading.
    does_not_hold: "What the file expects of every seed, and does not hold", "文件对所有种子的期望中，不成立的";
    /// A heading.
    outcomes_by_seed: "What came out", "出现的结果";
    /// The title of a line that asks for a number.
    sweep_title: "Sweep: with how many seeds?", "扫种子：要跑多少个？";
    /// Below it.
    sweep_hint: "Seeds from 1 on are played in the background; Esc stops. Enter on a line of the result opens that seed as a branch.",
        "在后台从种子 1 开始逐个运行；Esc 停止。在结果的某一行按 Enter，就会以该种子另开分支。";
    /// What can be typed there.
    not_a_count: "a number of seeds from 1 to 1000000", "请输入 1 到 1000000 之间的种子个数";
    /// A search for cures was stopped.
    cures_not_sought: "The search was stopped; e seeks again.", "搜索已停止；按 e 重新查找。";
    /// A heading.
    so_far: "So far", "经过";
    /// A heading.
    moral: "Moral", "结论";
    /// A heading.
    what_next: "What next", "接下来";
    /// A hint.
    next_compare: "e explains what happened; c tries a what-if on a branch; v compares branches.",
        "按 e 解释发生了什么；按 c 在分支上试一个假设；按 v 比较分支。";
    /// An answer that is not an answer.
    skip: "Show me (no prediction)", "直接看（不预测）";
    /// What one chose.
    you_said: "You said", "你的回答";
    /// Not answered.
    skipped: "You did not predict.", "你没有预测。";
    /// The run decides at its end.
    run_decides: "The run decides; play on.", "由运行来决定，继续播放吧。";
    /// A question waits.
    question_waits: "A question waits here: Enter or P.", "这里有一个问题：按 Enter 或 P。";
    /// How to answer.
    answer_hint: "1–9 or ↑↓ and Enter answer · Esc looks around first",
        "1–9，或 ↑↓ 与 Enter 作答 · Esc 先看看";
    /// Too many messages to count.
    too_many: "too many messages to count their fates one by one", "消息太多，无法逐条统计结局";
    /// A heading.
    its_story: "Its story so far", "到目前为止的经历";
    /// A heading.
    copies: "Copies", "副本";
    /// None.
    no_copies: "none", "没有";
    /// A hint.
    e_explains: "e: why, and what would have prevented it", "按 e：为什么，以及怎样才能避免";
    /// A message nobody has sent.
    not_sent_yet: "not sent yet", "尚未发送";
    /// A column of the list.
    progress: "progress", "进度";
    /// The list is empty.
    no_lesson: "No lesson matches; Esc shows all again.", "没有匹配的课程；Esc 恢复全部。";
    /// The title of the list.
    lessons_title: "Lessons", "课程";
    /// Before the topics of a lesson.
    teaches: "teaches", "知识点";
    /// A process that has never run.
    not_started: "not started", "未启动";
    /// A word.
    leads: "leader", "Leader";
    /// A word.
    fenced: "fenced", "已隔离";
    /// A word.
    leaving: "leaving", "正在退出";
    /// The wall between two nodes.
    cut_word: "cut", "已断";
    /// Where cures are sought.
    seeking_cures: "Running again with each change in turn…", "正在逐一改变条件重新运行……";
    /// The left column of a comparison.
    left_word: "left", "左";
    /// The right column of a comparison.
    right_word: "right", "右";
    /// Two runs without a difference.
    all_the_same: "Both state the same facts, and every message meets the same fate.",
        "两边陈述的事实相同，每条消息的结局也相同。";
    /// A heading.
    first_difference: "The first fact that only one of them has", "只有一边才有的第一个事实";
    /// A heading.
    first_shift: "The first fact at different moments", "时刻不同的第一个事实";
    /// Older facts are gone.
    incomplete: "Older facts are no longer kept, so they may part earlier.",
        "更早的事实已不再保留，分歧可能更早。";
    /// A hint on a page.
    enter_goes: "Enter goes to the moment of a line · Esc closes", "Enter 前往该行所在的时刻 · Esc 关闭";
    /// A hint in a menu.
    menu_hint: "↑↓ Enter · 1–9 · / narrows · Esc", "↑↓ Enter · 1–9 · / 筛选 · Esc";
    /// A hint in the palette.
    palette_hint: "type to narrow, or a place: 60ms, #310, m4", "输入以筛选，或输入位置：60ms、#310、m4";
    /// A hint in a prompt.
    prompt_hint: "Enter · Esc", "Enter · Esc";
    /// The state of the run.
    paused: "paused", "已暂停";
    /// The state of the run.
    ended_word: "over", "已结束";
    /// Work is going on.
    working: "working", "进行中";
    /// How to stop.
    esc_stops: "Esc stops", "Esc 中止";
    /// How far the run was played.
    played_to: "played to", "已运行至";
    /// What stands at a place of a log that is the cluster's own.
    own_record: "the cluster's own record", "集群自己的记录";
}

impl Say {
    /// The terminal is too small.
    pub fn too_small(self, width: u16, height: u16) -> String {
        match self.lang {
            Lang::En => format!("too small: {width}×{height}; 60×16 is needed, q leaves"),
            Lang::Zh => format!("窗口太小：{width}×{height}；至少 60×16，q 离开"),
        }
    }

    /// What plays how fast.
    pub fn speed(self, facts: u32) -> String {
        match self.lang {
            Lang::En => format!("{facts} fact{} a second", plural(facts as usize)),
            Lang::Zh => format!("每秒 {facts} 个事实"),
        }
    }

    /// The title of a menu.
    pub fn menu_title(self, what: &str, whom: &str) -> String {
        match self.lang {
            Lang::En => {
                let mut letters = what.chars();
                let first: String =
                    letters.next().into_iter().flat_map(char::to_uppercase).collect();
                format!("{first}{}: {whom}", letters.as_str())
            }
            Lang::Zh => format!("{what}：{whom}"),
        }
    }

    /// So many lessons.
    pub fn lessons(self, count: usize) -> String {
        match self.lang {
            Lang::En => format!("{count} lesson{}", plural(count)),
            Lang::Zh => format!("{count} 课"),
        }
    }

    /// How far somebody is in a lesson.
    pub fn stand(self, stand: Stand) -> &'static str {
        match stand {
            Stand::Fresh => self.lang.pick("not begun", "未开始"),
            Stand::Begun => self.lang.pick("begun", "进行中"),
            Stand::Finished => self.lang.pick("finished", "已完成"),
        }
    }

    /// How a node is.
    pub fn power(self, power: Power) -> &'static str {
        match power {
            Power::On => "",
            Power::Paused => self.lang.pick("paused", "停顿"),
            Power::Down => self.lang.pick("down", "已停止"),
            Power::Off => self.lang.pick("no power", "已断电"),
        }
    }

    /// How a disk is.
    pub fn disk(self, disk: DiskHealth) -> &'static str {
        match disk {
            DiskHealth::Healthy => "",
            DiskHealth::Full => self.lang.pick("disk full", "磁盘已满"),
            DiskHealth::Failed => self.lang.pick("disk failed", "磁盘失效"),
        }
    }

    /// So many more.
    pub fn more_below(self, more: usize) -> String {
        match self.lang {
            Lang::En => format!("{more} more"),
            Lang::Zh => format!("另有 {more} 项"),
        }
    }

    /// What the application of a node does.
    pub fn doing(self, doing: &'static str) -> &'static str {
        let zh = match doing {
            "blocked" => "阻塞",
            "done" => "已发完",
            "sending" => "发送中",
            "polling" => "拉取中",
            "handling" => "处理中",
            "committing" => "提交中",
            "active" => "主控制器",
            "leader" => "待就任",
            "voter" => "投票者",
            "candidate" => "参选中",
            "prospective" => "预投票",
            "unattached" => "无 Leader",
            "resigned" => "已辞职",
            other => other,
        };
        self.lang.pick(doing, zh)
    }

    /// The word for an anomaly.
    pub fn anomaly(self, kind: mqlab::ledger::AnomalyKind) -> &'static str {
        use mqlab::ledger::{AnomalyKind as Kind, Fate};
        let fate = match kind {
            Kind::Lost => Fate::Lost,
            Kind::LostUnacknowledged => Fate::LostUnacknowledged,
            Kind::Duplicate => Fate::Duplicate,
            Kind::Redelivered => Fate::Redelivered,
            Kind::Phantom => Fate::Phantom,
            Kind::DeadLettered => Fate::DeadLettered,
            Kind::Expired => Fate::Expired,
            Kind::Dropped => Fate::Dropped,
            Kind::Unroutable => Fate::Unroutable,
            Kind::Stranded => Fate::Stranded,
            Kind::Inversion => return self.lang.pick("out of order", "乱序"),
            Kind::Regression => return self.lang.pick("replayed", "重放"),
            Kind::LogInversion => return self.lang.pick("out of order in the log", "日志中乱序"),
        };
        mqlab::story::words::fate(fate, self.lang)
    }

    /// How many predictions were right.
    pub fn score(self, right: usize, of: usize) -> String {
        match self.lang {
            Lang::En => format!(", {right} of {of} predictions right"),
            Lang::Zh => format!("，{of} 次预测对了 {right} 次"),
        }
    }

    /// The title of a question.
    pub fn question(self, number: usize, of: usize) -> String {
        match self.lang {
            Lang::En if of > 1 => format!("Before it happens: question {number} of {of}"),
            Lang::En => "Before it happens: what do you expect?".into(),
            Lang::Zh if of > 1 => format!("先别急，第 {number} / {of} 问"),
            Lang::Zh => "先别急：你认为会怎样？".into(),
        }
    }

    /// The terminal did not do what was asked of it.
    pub fn terminal_failed(self, why: &str) -> String {
        match self.lang {
            Lang::En => format!("the terminal failed: {why}"),
            Lang::Zh => format!("终端出错：{why}"),
        }
    }

    /// The lab needs a terminal.
    pub fn not_a_terminal(self) -> &'static str {
        self.lang.pick(
            "the terminal lab needs a terminal on standard input and output",
            "终端实验室需要标准输入和标准输出都是终端",
        )
    }

    /// What to use where there is no terminal.
    pub fn use_run_instead(self, name: &str) -> String {
        match self.lang {
            Lang::En => format!("`mqlab run {name}` tells the same run as text."),
            Lang::Zh => format!("`mqlab run {name}` 会以文字讲述同一次运行。"),
        }
    }
}
