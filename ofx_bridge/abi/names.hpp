// The strings of the OpenFX interface that we use. With few exceptions (marked), the value is the name that the
// specification gives it without the leading k.
#pragma once

namespace ofxabi {

namespace suite {
inline constexpr char property[] = "OfxPropertySuite", image_effect[] = "OfxImageEffectSuite",
                      parameter[] = "OfxParameterSuite", memory[] = "OfxMemorySuite",
                      multi_thread[] = "OfxMultiThreadSuite", message[] = "OfxMessageSuite",
                      progress[] = "OfxProgressSuite", time_line[] = "OfxTimeLineSuite";
}

namespace action {
inline constexpr char load[] = "OfxActionLoad", unload[] = "OfxActionUnload", describe[] = "OfxActionDescribe",
                      create_instance[] = "OfxActionCreateInstance", destroy_instance[] = "OfxActionDestroyInstance",
                      instance_changed[] = "OfxActionInstanceChanged", purge_caches[] = "OfxActionPurgeCaches",
                      sync_private_data[] = "OfxActionSyncPrivateData",
                      describe_in_context[] = "OfxImageEffectActionDescribeInContext",
                      region_of_definition[] = "OfxImageEffectActionGetRegionOfDefinition",
                      regions_of_interest[] = "OfxImageEffectActionGetRegionsOfInterest",
                      frames_needed[] = "OfxImageEffectActionGetFramesNeeded",
                      time_domain[] = "OfxImageEffectActionGetTimeDomain",
                      clip_preferences[] = "OfxImageEffectActionGetClipPreferences",
                      is_identity[] = "OfxImageEffectActionIsIdentity",
                      output_colourspace[] = "OfxImageEffectActionGetOutputColourspace",
                      begin_sequence[] = "OfxImageEffectActionBeginSequenceRender",
                      end_sequence[] = "OfxImageEffectActionEndSequenceRender", render[] = "OfxImageEffectActionRender";
}

namespace prop {  // of any object
inline constexpr char name[] = "OfxPropName", label[] = "OfxPropLabel", short_label[] = "OfxPropShortLabel",
                      long_label[] = "OfxPropLongLabel", type[] = "OfxPropType", time[] = "OfxPropTime",
                      version[] = "OfxPropVersion", version_label[] = "OfxPropVersionLabel",
                      api_version[] = "OfxPropAPIVersion", plugin_description[] = "OfxPropPluginDescription",
                      instance_data[] = "OfxPropInstanceData", is_interactive[] = "OfxPropIsInteractive",
                      change_reason[] = "OfxPropChangeReason", effect_instance[] = "OfxPropEffectInstance";
}

namespace effect {  // of hosts, effects and actions' arguments
inline constexpr char context[] = "OfxImageEffectPropContext",
                      supported_contexts[] = "OfxImageEffectPropSupportedContexts",
                      supported_depths[] = "OfxImageEffectPropSupportedPixelDepths",
                      supported_components[] = "OfxImageEffectPropSupportedComponents",
                      components[] = "OfxImageEffectPropComponents", depth[] = "OfxImageEffectPropPixelDepth",
                      premultiplication[] = "OfxImageEffectPropPreMultiplication",
                      tiles[] = "OfxImageEffectPropSupportsTiles",
                      multi_resolution[] = "OfxImageEffectPropSupportsMultiResolution",
                      temporal_access[] = "OfxImageEffectPropTemporalClipAccess",
                      multiple_pars[] = "OfxImageEffectPropSupportsMultipleClipPARs",
                      multiple_depths[] =
                          "OfxImageEffectPropMultipleClipDepths",  // the specification's name says Supports…
    setable_frame_rate[] = "OfxImageEffectPropSetableFrameRate",
                      setable_fielding[] = "OfxImageEffectPropSetableFielding",
                      overlays[] = "OfxImageEffectPropSupportsOverlays",
                      render_scale[] = "OfxImageEffectPropRenderScale",
                      render_window[] = "OfxImageEffectPropRenderWindow",
                      field_to_render[] = "OfxImageEffectPropFieldToRender",
                      region_of_definition[] = "OfxImageEffectPropRegionOfDefinition",
                      region_of_interest[] = "OfxImageEffectPropRegionOfInterest",
                      frame_range[] = "OfxImageEffectPropFrameRange", frame_rate[] = "OfxImageEffectPropFrameRate",
                      frame_step[] = "OfxImageEffectPropFrameStep", project_size[] = "OfxImageEffectPropProjectSize",
                      project_offset[] = "OfxImageEffectPropProjectOffset",
                      project_extent[] = "OfxImageEffectPropProjectExtent",
                      project_pixel_aspect[] =
                          "OfxImageEffectPropPixelAspectRatio",  // the specification's name says Project…
    frame_varying[] = "OfxImageEffectFrameVarying", sequential_status[] = "OfxImageEffectPropSequentialRenderStatus",
                      interactive_status[] = "OfxImageEffectPropInteractiveRenderStatus",
                      thumbnail[] = "OfxImageEffectPropThumbnailRender",
                      no_spatial_awareness[] = "OfxImageEffectPropNoSpatialAwareness",
                      grouping[] = "OfxImageEffectPluginPropGrouping",
                      host_frame_threading[] = "OfxImageEffectPluginPropHostFrameThreading",
                      single_instance[] = "OfxImageEffectPluginPropSingleInstance",
                      field_render_twice[] = "OfxImageEffectPluginPropFieldRenderTwiceAlways",
                      thread_safety[] = "OfxImageEffectPluginRenderThreadSafety",
                      sequential_render[] = "OfxImageEffectInstancePropSequentialRender",
                      effect_duration[] = "OfxImageEffectInstancePropEffectDuration",
                      is_background[] = "OfxImageEffectHostPropIsBackground",
                      native_origin[] = "OfxImageEffectHostPropNativeOrigin",
                      colour_style[] = "OfxImageEffectPropColourManagementStyle",
                      colour_configs[] = "OfxImageEffectPropColourManagementAvailableConfigs",
                      colour_config[] = "OfxImageEffectPropColourManagementConfig";
}

namespace clip {
inline constexpr char connected[] = "OfxImageClipPropConnected", optional[] = "OfxImageClipPropOptional",
                      is_mask[] = "OfxImageClipPropIsMask", field_order[] = "OfxImageClipPropFieldOrder",
                      field_extraction[] = "OfxImageClipPropFieldExtraction",
                      continuous_samples[] = "OfxImageClipPropContinuousSamples",
                      unmapped_components[] = "OfxImageClipPropUnmappedComponents",
                      unmapped_depth[] = "OfxImageClipPropUnmappedPixelDepth",
                      colourspace[] = "OfxImageClipPropColourspace";
// The rest of these names is the clip's.
inline constexpr char roi_of[] = "OfxImageClipPropRoI_", frame_range_of[] = "OfxImageClipPropFrameRange_",
                      components_of[] = "OfxImageClipPropComponents_", depth_of[] = "OfxImageClipPropDepth_",
                      pixel_aspect_of[] = "OfxImageClipPropPAR_";
}  // namespace clip

namespace image {
inline constexpr char data[] = "OfxImagePropData", row_bytes[] = "OfxImagePropRowBytes",
                      bounds[] = "OfxImagePropBounds", region_of_definition[] = "OfxImagePropRegionOfDefinition",
                      field[] = "OfxImagePropField", pixel_aspect[] = "OfxImagePropPixelAspectRatio",
                      unique_identifier[] = "OfxImagePropUniqueIdentifier";
}

namespace param {
inline constexpr char type[] = "OfxParamPropType", default_value[] = "OfxParamPropDefault", min[] = "OfxParamPropMin",
                      max[] = "OfxParamPropMax", display_min[] = "OfxParamPropDisplayMin",
                      display_max[] = "OfxParamPropDisplayMax", increment[] = "OfxParamPropIncrement",
                      digits[] = "OfxParamPropDigits", choice_option[] = "OfxParamPropChoiceOption",
                      string_mode[] = "OfxParamPropStringMode", file_exists[] = "OfxParamPropStringFilePathExists",
                      animates[] = "OfxParamPropAnimates", secret[] = "OfxParamPropSecret",
                      enabled[] = "OfxParamPropEnabled", hint[] = "OfxParamPropHint", parent[] = "OfxParamPropParent",
                      script_name[] = "OfxParamPropScriptName", evaluate_on_change[] = "OfxParamPropEvaluateOnChange",
                      persistent[] = "OfxParamPropPersistant",  // spelt so
    double_type[] = "OfxParamPropDoubleType", group_open[] = "OfxParamPropGroupOpen";
}

namespace param_type {
inline constexpr char integer[] = "OfxParamTypeInteger", real[] = "OfxParamTypeDouble",
                      boolean[] = "OfxParamTypeBoolean", choice[] = "OfxParamTypeChoice",
                      string[] = "OfxParamTypeString", group[] = "OfxParamTypeGroup";
}

namespace name {                                                       // values of properties
inline constexpr char image_effect_api[] = "OfxImageEffectPluginAPI",  // the specification's name ends in Api
    context_filter[] = "OfxImageEffectContextFilter", context_general[] = "OfxImageEffectContextGeneral",
                      source_clip[] = "Source", output_clip[] = "Output", rgba[] = "OfxImageComponentRGBA",
                      rgb[] = "OfxImageComponentRGB", alpha[] = "OfxImageComponentAlpha",
                      none[] = "OfxImageComponentNone", byte[] = "OfxBitDepthByte", short_[] = "OfxBitDepthShort",
                      half[] = "OfxBitDepthHalf", float_[] = "OfxBitDepthFloat", opaque[] = "OfxImageOpaque",
                      premultiplied[] = "OfxImageAlphaPremultiplied",  // irregular, as the next one
    unpremultiplied[] = "OfxImageAlphaUnPremultiplied", unsafe[] = "OfxImageEffectRenderUnsafe",
                      instance_safe[] = "OfxImageEffectRenderInstanceSafe",
                      fully_safe[] = "OfxImageEffectRenderFullySafe", field_none[] = "OfxFieldNone",
                      field_both[] = "OfxFieldBoth", field_lower[] = "OfxFieldLower", field_upper[] = "OfxFieldUpper",
                      string_single_line[] = "OfxParamStringIsSingleLine",
                      string_file_path[] = "OfxParamStringIsFilePath", double_plain[] = "OfxParamDoubleTypePlain",
                      message_error[] = "OfxMessageError", message_message[] = "OfxMessageMessage",
                      message_log[] = "OfxMessageLog", user_edited[] = "OfxChangeUserEdited",
                      colour_none[] = "OfxImageEffectColourManagementNone",
                      colour_core[] = "OfxImageEffectColourManagementCore",
                      colour_config[] = "ofx-native-v1.5_aces-v1.3_ocio-v2.3", type_host[] = "OfxTypeImageEffectHost",
                      type_effect[] = "OfxTypeImageEffect", type_instance[] = "OfxTypeImageEffectInstance",
                      type_clip[] = "OfxTypeClip", type_image[] = "OfxTypeImage", type_param[] = "OfxTypeParameter",
                      type_param_instance[] = "OfxTypeParameterInstance";
}

}  // namespace ofxabi
