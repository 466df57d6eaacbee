//! What commands are called and what they do, in both languages.

use super::Command;

/// The words of a command.
pub(super) struct Words {
    pub name: &'static str,
    pub en: &'static str,
    pub zh: &'static str,
    pub help_en: &'static str,
    pub help_zh: &'static str,
}

const fn words(
    name: &'static str,
    en: &'static str,
    zh: &'static str,
    help_en: &'static str,
    help_zh: &'static str,
) -> Words {
    Words { name, en, zh, help_en, help_zh }
}

/// The words of a command.
#[rustfmt::skip]
pub(super) fn of(command: Command) -> Words {
    use Command::*;
    match command {
        Play => words("play", "play", "播放", "play, or pause", "播放或暂停"),
        StepForward => words("step", "step", "前进", "one fact on", "前进一个事实"),
        StepBack => words("back", "back", "后退", "one fact back", "后退一个事实"),
        TenForward => words("ten-on", "ten on", "前进十步", "ten facts on", "前进十个事实"),
        TenBack => words("ten-back", "ten back", "后退十步", "ten facts back", "后退十个事实"),
        NextMark => words("next-mark", "next mark", "下一标记", "to the next mark: a fault, an election, a step of the scenario", "到下一个标记：故障、选举、场景步骤"),
        LastMark => words("last-mark", "last mark", "上一标记", "to the mark before this", "到上一个标记"),
        NextAnomaly => words("next-anomaly", "next anomaly", "下一异常", "to the next anomaly: a message lost, duplicated, out of order", "到下一个异常：丢失、重复、乱序"),
        LastAnomaly => words("last-anomaly", "last anomaly", "上一异常", "to the anomaly before this", "到上一个异常"),
        NextEvent => words("next-event", "event on", "下一事件", "one event on, also where nothing is stated", "前进一个事件，哪怕没有产生事实"),
        LastEvent => words("last-event", "event back", "上一事件", "one event back", "后退一个事件"),
        ToQuestion => words("question", "to the question", "到提问处", "play on to the lesson's next question", "一直播放到课程的下一个问题"),
        ToStart => words("start", "start", "起点", "to the beginning", "回到起点"),
        ToEnd => words("end", "end", "终点", "to the end", "到终点"),
        GoTo => words("go", "go to", "前往", "to a time (60ms), an event (#310) or a message (m4)", "前往某一时刻（60ms）、事件（#310）或消息（m4）"),
        Faster => words("faster", "faster", "加速", "play faster", "加快播放"),
        Slower => words("slower", "slower", "减速", "play more slowly", "放慢播放"),
        Faults => words("faults", "faults", "故障", "break what is selected", "对选中的对象制造故障"),
        Applications => words("applications", "load", "负载", "applications, load and operations", "应用、负载与运维操作"),
        Settings => words("set", "change", "改配置", "branch with another setting or a what-if", "换一个配置或假设，另开分支"),
        Undo => words("undo", "undo", "撤销", "take back what was done last by hand", "撤销上一次手动操作"),
        Redo => words("redo", "redo", "重做", "do again what was taken back", "重做被撤销的操作"),
        Branch => words("branch", "branch", "分支", "begin a branch here", "从这里新建分支"),
        Branches => words("branches", "branches", "分支列表", "all branches; go to one", "查看并切换分支"),
        Compare => words("compare", "compare", "比较", "compare this branch with another", "把当前分支与另一分支比较"),
        Sweep => words("sweep", "sweep", "扫种子", "play this story with many seeds: what comes out, how often, and a seed of each", "用许多种子重跑：会出现哪些结果、各占多少，并给出可打开的种子"),
        Bookmark => words("bookmark", "bookmark", "加书签", "remember this place", "记住这个位置"),
        Bookmarks => words("bookmarks", "bookmarks", "书签", "all bookmarks; go to one", "查看并前往书签"),
        Up => words("up", "up", "上", "up, in the panel that has the keys", "在当前面板中向上"),
        Down => words("down", "down", "下", "down", "向下"),
        PageUp => words("page-up", "page up", "上页", "a page up", "上翻一页"),
        PageDown => words("page-down", "page down", "下页", "a page down", "下翻一页"),
        LastMessage => words("last-message", "message before", "上一消息", "select the message before", "选中上一条消息"),
        NextMessage => words("next-message", "next message", "下一消息", "select the next message", "选中下一条消息"),
        Follow => words("follow", "follow", "跟随", "follow what is selected: a message's story, a fact's moment, a setting", "跟进选中的对象：消息的经历、事实的时刻、配置"),
        Explain => words("explain", "explain", "解释", "why the message met its fate, and what would have prevented it", "消息为何落得这个结局，怎样才能避免"),
        Search => words("search", "search", "搜索", "search for a message, a node, or words of a fact", "搜索消息、节点或事实中的文字"),
        NextHit => words("next-hit", "next hit", "下一结果", "to the next place found", "到下一处结果"),
        LastHit => words("last-hit", "last hit", "上一结果", "to the place found before", "到上一处结果"),
        NextPanel => words("next-panel", "panel", "面板", "give the keys to the next panel", "切换到下一个面板"),
        LastPanel => words("last-panel", "panel before", "上一面板", "give the keys to the panel before", "切换到上一个面板"),
        TabLesson => words("lesson", "lesson", "课程", "show the lesson", "显示课程"),
        TabFacts => words("facts", "facts", "事实", "show the facts", "显示事实"),
        TabLedger => words("ledger", "ledger", "账本", "show what became of every message", "显示每条消息的结局"),
        TabMessage => words("message", "message", "消息", "show the selected message or node", "显示选中的消息或节点"),
        TabSettings => words("settings", "settings", "配置", "show the settings", "显示配置"),
        Answer => words("answer", "answer", "作答", "answer the question that is open", "回答当前的问题"),
        Notes => words("notes", "teacher's notes", "教师备注", "show the teacher's notes", "显示教师备注"),
        Judge => words("expectations", "expectations", "期望", "whether what the file expects holds on this branch", "文件中的期望在这个分支上是否成立"),
        Aloud => words("text", "as text", "文字版", "this moment in lines of text, for screen readers", "把这一刻写成一行行文字，供读屏软件使用"),
        Internal => words("internal", "internal", "内部分区", "show or hide the cluster's own partitions", "显示或隐藏集群内部的分区"),
        Copy => words("copy", "copy", "复制", "copy the command that reproduces this moment", "复制能重现这一刻的命令"),
        Write => words("write", "write", "写出", "write what was done as a scenario file", "把所做的操作写成场景文件"),
        Reload => words("reload", "reload", "重新载入", "open the file anew, keeping what was done", "重新打开文件，保留做过的操作"),
        Palette => words("palette", "commands", "命令", "find any command by name", "按名字查找任何命令"),
        Help => words("help", "help", "帮助", "all keys", "全部按键"),
        Language => words("language", "language", "语言", "English or Chinese", "切换中文或英文"),
        Theme => words("theme", "theme", "主题", "the next theme: dark, light, plain", "切换主题：深色、浅色、素色"),
        Back => words("back-out", "back", "返回", "close, stop the work going on, or go up a level", "关闭、中止任务或返回上一层"),
        Suspend => words("suspend", "suspend", "挂起", "to the shell; fg comes back", "回到 shell；fg 返回"),
        Stop => words("stop", "stop", "中止", "stop the work going on; if there is none, leave", "中止正在进行的任务；没有任务则退出"),
        Leave => words("leave", "leave", "离开", "leave the scenario, or the program", "离开场景或程序"),
        Open => words("open", "open", "打开", "open the lesson", "打开课程"),
        Filter => words("filter", "search", "搜索", "search names, titles, questions and topics", "搜索名字、标题、问题和知识点"),
        BySystem => words("by-system", "system", "系统", "only lessons of one system", "只看某个系统的课程"),
        ByTopic => words("by-topic", "topic", "知识点", "only lessons on one topic", "只看某个知识点的课程"),
        ByLevel => words("by-level", "level", "难度", "only lessons of one level", "只看某个难度的课程"),
        ByProgress => words("by-progress", "progress", "进度", "only lessons not begun, begun or finished", "只看未开始、进行中或已完成的课程"),
    }
}
