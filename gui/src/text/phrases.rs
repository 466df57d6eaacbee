//! Fixed words.

use mqlab::story::Lang;

macro_rules! phrases {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        /// Something the desktop lab says that never changes.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)] // the English text says it
        pub enum Phrase { $($name),* }

        impl Phrase {
            /// All of them.
            pub const ALL: &[Phrase] = &[$(Phrase::$name),*];

            /// In a language.
            pub fn text(self, lang: Lang) -> &'static str {
                match self { $(Phrase::$name => lang.pick($en, $zh)),* }
            }
        }
    };
}

phrases! {
    Lessons: "Lessons", "课程";
    BackToLessons: "All lessons", "全部课程";
    SearchLessons: "Search lessons", "搜索课程";
    Progress: "Progress", "进度";
    Continue: "Go on", "继续";
    NewLesson: "new", "未开始";
    Begun: "begun", "进行中";
    Finished: "finished", "已完成";
    Beginner: "beginner", "入门";
    Intermediate: "intermediate", "进阶";
    Advanced: "advanced", "高级";
    AnyLevel: "any level", "全部难度";
    Level: "Level", "难度";
    NoLessonFound: "No lesson matches. Clear the search to see all of them.", "没有匹配的课程。清空搜索框可以看到全部课程。";
    DropHere: "Drop a scenario file to open it", "把场景文件拖到这里打开";
    RecentFiles: "Recent files", "最近打开";
    OpenPath: "Path of a scenario file", "场景文件路径";
    OpenFile: "Open file", "打开文件";
    Cluster: "Cluster", "集群";
    Lanes: "Lanes", "分区";
    Lesson: "Lesson", "课程";
    Facts: "Facts", "事实";
    Fates: "Fates", "结局";
    Story: "Message", "消息";
    Settings: "Settings", "配置";
    Branches: "Branches", "分支";
    Plots: "Plots", "曲线";
    Comparison: "Compare", "比较";
    Sweep: "Seeds", "种子";
    Timeline: "Timeline", "时间线";
    Panels: "Panels", "面板";
    ResetPanels: "Put all panels back", "恢复默认布局";
    Play: "Play", "播放";
    Pause: "Pause", "暂停";
    FastForward: "nothing is stated here: running fast", "此处没有新的事实，正在快进";
    Speed: "Speed", "速度";
    LoopRange: "Loop", "循环";
    LoopHelp: "Shift-drag on the timeline to choose a range to play again and again", "按住 Shift 在时间线上拖动，选定一段反复播放";
    Faults: "Faults", "故障";
    FaultPalette: "Drag a fault onto a node or a link", "把故障拖到节点或链路上";
    Applications: "Applications and load", "应用与负载";
    NothingToDo: "Nothing can be done with this", "这里没有可以做的操作";
    Fit: "Fit", "适应窗口";
    ZoomIn: "Zoom in", "放大";
    ZoomOut: "Zoom out", "缩小";
    Palette: "Commands", "命令";
    FindCommand: "Find a command", "查找命令";
    NoCommand: "No command matches", "没有匹配的命令";
    Help: "Keys", "按键";
    Close: "Close", "关闭";
    Dismiss: "Dismiss", "知道了";
    Problems: "Problems", "问题";
    Dark: "Dark", "深色";
    Light: "Light", "浅色";
    Theme: "Theme", "主题";
    Language: "中文", "English";
    Present: "Present", "演示";
    PresentHelp: "Large type for a projector", "投影用的大字号";
    Save: "Save", "保存";
    Export: "Export", "导出";
    SaveScenario: "Save as scenario", "保存为场景";
    ExportPng: "Picture (PNG)", "图片（PNG）";
    ExportSvg: "Cluster as drawing (SVG)", "集群矢量图（SVG）";
    CopyCommand: "Copy the command for this moment", "复制重现此刻的命令";
    Copied: "Copied", "已复制";
    FileName: "File name", "文件名";
    WriteFile: "Write", "写入";
    Question: "Question", "问题";
    YourPrediction: "Your prediction", "你的预测";
    Skip: "Skip", "跳过";
    Skipped: "You skipped this question.", "你跳过了这道题。";
    Right: "Right", "答对了";
    Wrong: "Not so", "不对";
    Undecided: "The run does not decide this.", "这次运行没有给出定论。";
    BeliefBehind: "The belief behind it", "这个答案背后的想法";
    NotAskedYet: "asked later", "稍后提问";
    ToQuestion: "Play to the question", "播放到提问处";
    WhatHappened: "What has happened", "已经发生的事";
    NothingYet: "Nothing has happened yet. Press Play, or step with the arrow keys.", "还什么都没有发生。按播放，或用方向键单步前进。";
    Moral: "The answer", "结论";
    TeacherNotes: "Teacher's notes", "教师备注";
    Expectations: "Expected of this run", "对这次运行的预期";
    MessageColumn: "Message", "消息";
    ToldColumn: "Producer", "生产者";
    PlaceColumn: "Place", "位置";
    DecidedColumn: "Decided by", "决定性事实";
    FilterFates: "Filter fates", "筛选结局";
    OnlyAnomalies: "Only anomalies", "只看异常";
    TooManyFates: "Too many messages to list at every moment", "消息太多，无法逐刻列出";
    ListNow: "List them now", "现在列出";
    EveryFact: "Every fact", "逐条显示";
    FilterFacts: "Filter facts", "筛选事实";
    NoMessage: "Click a message: in a lane, in the fate table, or in a packet.", "点一条消息：分区里的格子、结局表或传输中的数据包都可以。";
    Causes: "What led to it", "前因";
    AllowedBy: "Allowed by", "由这些配置放行";
    Moments: "Its life", "它的经历";
    WhatWouldHelp: "What would have prevented it?", "怎样才能避免？";
    Prevented: "prevents it", "能避免";
    NotPrevented: "does not help", "不能避免";
    PassesByItself: "As the run goes on, this passes by itself.", "随着运行继续，这个问题会自行消失。";
    NotAllTried: "Not everything was tried, because the run is long: mqlab explain --cure-events N looks further.",
        "运行太长，没有全部尝试：用 mqlab explain --cure-events N 可以继续找。";
    FactsAndEvents: "event", "事件";
    SettingsOf: "Settings of", "配置：";
    WholeScenario: "the whole scenario", "整个场景";
    TryValue: "Another value", "其他取值";
    OnBranch: "On a branch", "另开分支";
    Now: "Now", "现在就改";
    TakesAtOnce: "takes effect at once", "立即生效";
    TakesRestart: "needs a restart", "重启后生效";
    TakesDynamic: "can change while it runs", "可在线修改";
    TakesFixed: "fixed from the start", "一开始就定下";
    Default: "default", "默认值";
    WhatIfs: "What if", "假如";
    ThisBranch: "you are here", "当前";
    BranchHere: "Branch here", "从这里分支";
    GoThere: "Go there", "前往";
    CompareWith: "Compare with", "比较对象";
    Compare: "Compare", "比较";
    NothingToCompare: "There is one branch only. Change a setting, choose a what-if or break something earlier, and compare the two.", "目前只有一个分支。改一项配置、选一个“假如”，或回到过去制造故障，然后比较两者。";
    Differences: "Differences", "不同之处";
    NoDifference: "The two branches tell the same.", "两个分支完全一致。";
    PartsHere: "They part here", "从这里开始不同";
    Fate: "Fate", "结局";
    Bookmarks: "Bookmarks", "书签";
    AddBookmark: "Remember this place", "记住此处";
    Forget: "Forget", "删除";
    Undo: "Undo", "撤销";
    Redo: "Redo", "重做";
    Backlog: "Backlog", "积压";
    Sent: "sent", "发送";
    Acknowledged: "acknowledged", "确认";
    Handled: "handled", "处理";
    Failed: "failed", "失败";
    Throughput: "Messages a second", "每秒消息数";
    Latency: "Time to acknowledgement", "确认耗时";
    Lag: "Lag now", "当前积压";
    Unavailable: "Longest outage", "最长不可用";
    WaitingMessages: "Messages waiting", "等待中的消息数";
    RunSweep: "Run seeds", "运行种子";
    HowManySeeds: "How many seeds", "种子数量";
    StopSweep: "Stop", "中止";
    SweepHelp: "The same story with other delays and choices: how often does it end so?", "同一个故事，换一组时延和随机选择：有多大比例会是这个结局？";
    Outcome: "Outcome", "结果";
    Share: "Share", "占比";
    OpenSeed: "Open this seed", "打开这个种子";
    RunIsOver: "the run is over", "运行结束";
    Working: "working…", "计算中……";
    Selected: "Selected", "选中";
    Clear: "Clear", "清除";
    Internal: "Internal lanes", "内部分区";
    FollowEnd: "Follow the end", "跟随末尾";
    Scroll: "Scroll lanes to an offset", "把分区滚动到某个位移";
    PacketsInFlight: "packets in flight", "传输中的数据包";
    Time: "Time", "时间";
    InSync: "in sync", "同步";
    Leader: "leader", "Leader";
    NotDurable: "only in the page cache", "只在页缓存中";
    Legend: "Legend", "图例";
    Left: "Left", "左";
    RightSide: "Right", "右";
}
